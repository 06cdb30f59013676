"""What is damaged in a run folder is kept aside and made good: from the journal if it can be, else done again."""

from collections.abc import Callable
from pathlib import Path

from harness.catalog.memory import file_digest
from harness.files import journal
from harness.files.atomic import write_json
from harness.files.damage import SMALL, check_outputs, set_aside
from harness.files.layout import DamagedError, PhaseFolder, folder_of
from harness.files.lease import read_lease
from harness.plan.dag import Plan
from harness.run.store import exclusive
from harness.spec.errors import HarnessError
from harness.spec.load import build
from harness.spec.record import Record

Say = Callable[[str], None]

ANY = 1 << 62


def mend(runs: Path, plan: Plan, say: Say) -> None:
    """Look at the outputs of all finished phases of `plan`; those that changed make the phase pending again.

    Sizes of all files and digests of small ones are compared. `say` is given a sentence for whatever is set aside.
    """
    for phase in plan:
        folder = folder_of(runs, phase)
        if reason := _changed(folder, SMALL):
            _undone(runs, folder, reason, say)


def undamaged(folder: PhaseFolder, say: Say) -> bool:
    """Whether the outputs of a finished phase have the recorded sizes; if not, it is made pending again.

    To be called under the lock of the run folder.
    """
    reason = _changed(folder, 0)
    if reason:
        _keep_aside(folder, reason, say)
    return reason is None


def made_good(folder: PhaseFolder, damaged: Path | None, say: Say) -> None:
    """Keep the `damaged` record or failure of a phase aside, and write a lost record from the journal's last line.

    It is lost where it is damaged, or where the phase ended just before it could be written, on a full disk say. To be
    called under the lease of the phase. Raises HarnessError where the disk does not let it.
    """
    lost = not folder.done or damaged == folder.record_file
    restored = _told(folder, released=damaged is not None) if lost and folder.journal_file.exists() else None
    kept = f"is damaged and kept as {set_aside(damaged).name}; " if damaged else ""
    if restored:
        write_json(folder.record_file, restored)
        say(f"{folder.record_file}: {kept}written from the journal: the phase had ended, and its outputs are whole")
    elif damaged:
        say(f"{damaged}: {kept}the phase is done again")


def _changed(folder: PhaseFolder, hashed_up_to: int) -> str | None:
    """How the outputs of a finished phase differ from its record; None where they do not, or there is no record."""
    try:
        record = folder.record()
        if record:
            check_outputs(folder, record, hashed_up_to, file_digest)  # scoring asks for the same digests
    except DamagedError:  # what a claim meets
        return None
    except HarnessError as error:
        return str(error)
    return None


def _undone(runs: Path, folder: PhaseFolder, reason: str, say: Say) -> None:
    with exclusive(runs):
        lease = read_lease(folder.lease_file)
        if folder.done and not (lease and lease.live):
            _keep_aside(folder, reason, say)


def _keep_aside(folder: PhaseFolder, reason: str, say: Say) -> None:
    aside = set_aside(folder.record_file)
    say(f"{reason}; the record is kept as {aside.name}, and {folder.path.name} is done again")


def _told(folder: PhaseFolder, released: bool) -> Record | None:
    """The record in the last line of the journal, if its outputs are whole; they may have been `released`."""
    *_, last = ({}, *journal.read(folder.journal_file))
    if last.get("event") != "end" or not (released or folder.weights.exists() or folder.predictions.exists()):
        return None
    try:
        record = build(Record, last.get("record"), str(folder.journal_file))
        check_outputs(folder, record, ANY)
    except HarnessError:
        return None
    return record if record.phase == folder.id else None
