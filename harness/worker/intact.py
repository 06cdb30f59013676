"""Whether the weights that a phase begins with are those that were recorded: every process reads a share of them."""

from pathlib import Path

from harness.files.damage import SMALL, check_digest, outputs, set_aside
from harness.files.layout import PhaseFolder, folder_of
from harness.spec.errors import HarnessError
from harness.spec.phase import Evaluate, Train, parents
from harness.worker.failing import LostError
from harness.worker.work import Work


def check_weights(phase: Train | Evaluate, work: Work) -> None:
    """Raise LostError where they are not: then what made them is done again first.

    Once in a launch, and only what is too large for the control side to have looked at.
    """
    made = [folder_of(work.runs, parent) for parent in parents(phase) if isinstance(parent, Train)]
    for folder in made:
        if folder.id not in work.library.intact:
            work.doing(f"checking the weights of {folder.path.name}")
            _check(folder, work)
            work.library.intact.add(folder.id)


def _check(folder: PhaseFolder, work: Work) -> None:
    session = work.session
    large = session.agreed(_large(folder) if session.first else None)  # other hosts may not see a new record yet
    mine = (_wrong(folder.path / name, recorded) for name, recorded in large[session.rank :: session.world_size])
    wrong = [sentence for sentence in session.everyones(list(mine)) if sentence]
    if wrong:
        if session.first:
            set_aside(folder.record_file)
        raise LostError(f"{wrong[0]}; {folder.path.name} is done again")


def _large(folder: PhaseFolder) -> list[tuple[str, str]]:
    """Outputs that the control side does not read, by name, with the digests that were recorded."""
    record = folder.record()
    if record is None:
        return []
    there = [(name, path) for name, path in outputs(folder, record) if path.exists()]
    return [(name, record.outputs[name]) for name, path in there if path.stat().st_size > SMALL]


def _wrong(path: Path, recorded: str) -> str:
    try:
        check_digest(path, recorded)
    except HarnessError as error:
        return str(error)
    return ""
