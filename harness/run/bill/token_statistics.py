"""The token statistics of a run folder as plans read them: of a set under the tokenizer of a phase's model."""

from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path

from harness.catalog import find
from harness.catalog.memory import file_digest
from harness.files.layout import folder_of, imported_folder
from harness.files.lengths import Lengths, Reader, lengths_file, read_lengths
from harness.files.mirror import manifest, model_folder
from harness.plan.dag import Plan
from harness.spec.model import Imported, Model, Pretrained, Scratch
from harness.spec.phase import Evaluate, Train, origin
from harness.spec.recipe import Window
from harness.spec.task import Data

Statistics = Callable[[Train | Evaluate, Data], Lengths | None]

TOKENIZER = "tokenizer.json"


def unmeasured(phase: Train | Evaluate, data: Data) -> Lengths | None:
    """Statistics where there are none."""
    return None


def measured(root: Path | None, runs: Path) -> Statistics:
    """The lengths that a worker measured when it encoded a set, on the way to any model with the same tokenizer."""
    reader = readers(root, runs)

    @cache
    def found(data: Data, model: Model, window: Window) -> Lengths | None:
        by = reader(model) if data.at_hand else None
        return read_lengths(lengths_file(runs, data, by, window)) if by else None

    def statistics(phase: Train | Evaluate, data: Data) -> Lengths | None:
        return found(data, origin(phase), phase.window)

    return statistics


def readers(root: Path | None, runs: Path) -> Callable[[Model], Reader | None]:
    """What reads the texts of a model; None where its tokenizer is not at hand."""

    @cache
    def reader(model: Model) -> Reader | None:
        digest = _tokenizer(model, root, runs)
        return Reader(digest, find.family(model.architecture.family).decoder) if digest else None

    return reader


def unmeasured_sets(plan: Plan, root: Path | None, runs: Path) -> list[Train | Evaluate]:
    """Phases that together read every set of `plan` that is at hand and not measured, each set under each tokenizer."""
    statistics, reader = measured(root, runs), readers(root, runs)
    seen: set[Hashable] = set()
    wanted = []
    for phase in plan:
        if isinstance(phase, Train | Evaluate):
            by = reader(origin(phase)) or origin(phase)
            new = {(by, data, phase.window) for data in sets_of(phase) if data.at_hand and not statistics(phase, data)}
            if not seen.issuperset(new):
                wanted.append(phase)
                seen |= new
    return wanted


def sets_of(phase: Train | Evaluate) -> tuple[Data, ...]:
    """The sets that a phase encodes."""
    return phase.data if isinstance(phase, Train) else tuple(data for data in (phase.data, phase.pool) if data)


def _tokenizer(model: Model, root: Path | None, runs: Path) -> str | None:
    """SHA-256 of the file of a model's tokenizer; None where it is not at hand."""
    match model:
        case Pretrained():
            folder = root / model_folder(model.hub_id, model.revision) if root and model.revision else None
            mirrored = manifest(folder) if folder else None
            file = mirrored.files.get(TOKENIZER) if mirrored else None
            return file.sha256 if file else None
        case Imported():
            path = imported_folder(runs, model.digest) / TOKENIZER
            return file_digest(path) if path.exists() else None
        case Scratch():
            record = folder_of(runs, model.tokenizer).record()
            return record.outputs.get(f"weights/{TOKENIZER}") if record else None
