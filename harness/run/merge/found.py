"""What a foreign run folder offers: finished phases and imports, each looked at before a byte of it is copied."""

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from harness.files.atomic import read_text
from harness.files.layout import IMPORT_MANIFEST, PhaseFolder
from harness.run.exchange.imports import CONFIG, Manifest
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_json
from harness.spec.phase import AnyPhase, Phase, slug
from harness.spec.record import Record

OUTPUTS = ("weights", "predictions")  # the folders in which a record's outputs may lie
# Scores are derived again from what is checked here.
BESIDE = ("phase.json", "placement.json", "ds_config.json", "environment.json", "journal.jsonl")
RECORD = "record.json"
SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Found:
    """A folder that can be copied as a whole: its files with their digests, where these are known, and their bytes.

    `last` is the file that makes it count, so that it is copied last.
    """

    path: Path
    files: Mapping[str, str | None]
    last: str
    size: int


@dataclass(frozen=True)
class FoundPhase(Found):
    """A finished phase and its record."""

    phase: AnyPhase
    record: Record

    @property
    def weights(self) -> bool:
        """Whether it has weights that were not released."""
        return any(name.startswith("weights/") for name in self.files)


@dataclass(frozen=True)
class FoundImport(Found):
    """An imported checkpoint and its manifest."""

    manifest: Manifest


def finished_phase(folder: PhaseFolder) -> FoundPhase:
    """The finished phase in `folder`; raises HarnessError for one that is damaged or not to be trusted.

    Weights that were released are none that are missing.
    """
    _check(folder.path, stat.S_ISDIR)
    phase: AnyPhase = _read(folder.phase_file, Phase)
    record: Record = _read(folder.record_file, Record)
    own = f"{identity(phase)}-{slug(phase)}"
    if folder.path.name != own:
        raise HarnessError(f"{folder.path}: holds the phase {own}; it was renamed, or an older harness gave other ids")
    if record.phase != folder.id:
        raise HarnessError(f"{folder.record_file}: is the record of {record.phase[:40]!r}, not of {folder.id}")
    outputs = {name: digest for name, digest in record.outputs.items() if _is_output(folder.record_file, name)}
    if all(name.startswith("weights/") for name in outputs) and not _there(folder.weights):
        outputs = {}
    beside = {name: None for name in BESIDE if _there(folder.path / name)}
    known = {"environment.json": record.environment} if SHA256.fullmatch(record.environment) else {}
    files = {**beside, **{name: known[name] for name in known if name in beside}, **outputs, RECORD: None}
    return FoundPhase(folder.path, files, RECORD, _size(folder.path, files), phase, record)


def imported_checkpoint(folder: Path) -> FoundImport:
    """The imported checkpoint in `folder`; raises HarnessError, in one sentence, where its manifest does not fit it."""
    for path in (folder.parent, folder):
        _check(path, stat.S_ISDIR)
    manifest: Manifest = _read(folder / IMPORT_MANIFEST, Manifest)
    for file in manifest.files:
        if file.name in ("", ".", "..", IMPORT_MANIFEST) or "/" in file.name or "\0" in file.name:
            raise HarnessError(f"{folder / IMPORT_MANIFEST}: {file.name[:80]!r} is no name of a file of an import")
    counted = sorted(file.sha256 for file in manifest.files if file.name != CONFIG)
    content = hashlib.sha256(json.dumps(counted).encode()).hexdigest()
    if not folder.name == manifest.digest == content:
        raise HarnessError(f"{folder}: is called otherwise than its content, {content}")
    files = {**{file.name: file.sha256 for file in manifest.files}, IMPORT_MANIFEST: None}
    return FoundImport(folder, files, IMPORT_MANIFEST, _size(folder, files), manifest)


def phase_folders(runs: Path) -> Iterator[PhaseFolder]:
    """Every folder below `runs` that holds a phase or the record of one, sorted by name."""
    found = {path.parent for name in ("phase.json", RECORD) for path in runs.glob(f"[!.]*/{name}")}
    yield from map(PhaseFolder, sorted(found))


def imports(runs: Path) -> Iterator[Path]:
    """The folders of all imported checkpoints below a run folder."""
    yield from (path.parent for path in sorted((runs / "imported").glob(f"*/{IMPORT_MANIFEST}")))


def _is_output(record: Path, name: str) -> bool:
    """True; raises HarnessError for a name that could lie elsewhere than among the outputs of its phase."""
    parts = PurePosixPath(name).parts
    plain = "/".join(parts) == name and ".." not in parts and "\0" not in name
    if not plain or len(parts) < 2 or parts[0] not in OUTPUTS:
        raise HarnessError(f"{record}: names {name[:80]!r} as an output; outputs lie in weights/ or predictions/")
    return True


def _size(folder: Path, files: Mapping[str, str | None]) -> int:
    """Bytes of `files`; raises HarnessError for one that is missing, is a symbolic link, or lies behind one."""
    total = 0
    for name in files:
        path = folder
        for part in PurePosixPath(name).parts[:-1]:
            path = path / part
            _check(path, stat.S_ISDIR)
        total += _check(folder / name, stat.S_ISREG).st_size
    return total


def _check(path: Path, kind: Callable[[int], bool]) -> os.stat_result:
    try:
        found = path.lstat()
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read ({error.strerror})") from error
    if not kind(found.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "of another kind than a finished phase has there"
        raise HarnessError(f"{path}: is {what}")
    return found


def _read(path: Path, kind: Any) -> Any:
    _check(path, stat.S_ISREG)
    return from_json(kind, read_text(path, "what a finished phase leaves"), str(path))


def _there(path: Path) -> bool:
    return path.is_symlink() or path.exists()
