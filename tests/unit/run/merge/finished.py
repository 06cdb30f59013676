"""Finished phases and imports as they are left in a run folder, and a merge of such folders."""

import hashlib
import json
from pathlib import Path
from typing import Any

from harness.catalog import data as catalog_data
from harness.files.atomic import digest, write_json, write_text
from harness.files.layout import PhaseFolder, folder_of
from harness.files.predictions import write_predictions
from harness.run.exchange.imports import CONFIG, Copied, Manifest
from harness.run.merge.command import look, merged
from harness.spec.identity import identity
from harness.spec.model import Architecture
from harness.spec.phase import AnyPhase, Evaluate, slug
from harness.spec.record import Cost, Record

FILES = {CONFIG: "{}", "tokenizer.json": "[]", "model.safetensors": "weights"}


def finish(runs: Path, phase: AnyPhase, content: str = "numbers", **record: Any) -> PhaseFolder:
    """Leave what a worker leaves of a finished phase, its output holding `content`."""
    folder = folder_of(runs, phase)
    write_json(folder.phase_file, phase)
    write_text(folder.environment_file, "{}")
    write_text(folder.journal_file, '{"event": "start"}\n')
    write_text(folder.path / "resume" / "step", "of no use any more")
    if isinstance(phase, Evaluate):
        rows = catalog_data.rows(phase.data, None)
        output = write_predictions(folder.predictions, "en", {row.id: list(row.tags) for _, row in rows})
        if content != "numbers":
            write_text(output, content)
    else:
        output = folder.weights / "encoder.safetensors"
        write_text(output, content)
    outputs = {str(output.relative_to(folder.path)): digest(output)}
    made = {"outputs": outputs, "agreement": "exact", **record}
    environment = digest(folder.environment_file)
    write_json(
        folder.record_file,
        Record(identity(phase), slug(phase), Cost(model=7), environment=environment, finished="2026-01-01", **made),
    )
    return folder


def imported(runs: Path, **files: str) -> Path:
    """An import as `harness import` leaves it, of files that nobody will read."""
    sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    counted = sorted(found for name, found in sums.items() if name != CONFIG)
    key = hashlib.sha256(json.dumps(counted).encode()).hexdigest()
    folder = runs / "imported" / key
    for name, text in files.items():
        write_text(folder / name, text)
    copied = tuple(
        Copied(name, sums[name], len(text), (folder / name).stat().st_mtime_ns) for name, text in files.items()
    )
    write_json(
        folder / "manifest.json",
        Manifest(key, Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128), copied, masked_head=False),
    )
    return folder


def merge(sources: list[Path], into: Path, yes: bool = True) -> list[str]:
    return list(merged(look(sources, into), yes))
