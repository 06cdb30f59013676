"""One phase from its files to its record, under its lease."""

import dataclasses
import datetime
import math
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from harness.files import lease, resume
from harness.files.atomic import digest, write_json
from harness.files.journal import Journal, attempts, taken_steps
from harness.files.layout import PhaseFolder
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import dump
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, slug
from harness.spec.record import Cost, Failure, Record
from harness.spec.redact import redacted
from harness.worker import tokenizer
from harness.worker.agreement import agreement
from harness.worker.environment import describe
from harness.worker.evaluate import evaluate
from harness.worker.failing import cause_of, reason_of
from harness.worker.library import Library
from harness.worker.meter import Meter
from harness.worker.notice import Interrupted
from harness.worker.session import Session
from harness.worker.system import sampled
from harness.worker.train import train
from harness.worker.work import Work, read_config, read_placement


def perform(folder: PhaseFolder, session: Session, library: Library, owner: str) -> bool:
    """Do the phase of `folder` unless it is done; False when another owner has its lease.

    Raises whatever stopped the phase, after failure.json says why.
    """
    session.notice.at_once()
    if session.highest(session.notice.given):
        raise Interrupted("asked to end before the next phase")
    if not session.agreed(lease.acquire(folder.lease_file, owner) if session.first else None):
        return False
    if session.agreed(_opened(folder) if session.first else None):  # under the lease: nobody finishes it now
        if session.first:
            lease.release(folder.lease_file, owner)
        return True
    meter = Meter(session.device)
    if not session.first:
        _beside(folder, session, library, meter)
        return True
    with lease.heartbeat([folder.lease_file], owner, _lost):
        _first(folder, session, library, meter, owner)
    lease.release(folder.lease_file, owner)  # after a failure the launcher's side does, which knows who failed first
    return True


def _opened(folder: PhaseFolder) -> bool:
    """Whether the phase is done; if not, what an earlier attempt said of its end does not count any more."""
    if not folder.done:
        folder.failure_file.unlink(missing_ok=True)
    return folder.done


def _beside(folder: PhaseFolder, session: Session, library: Library, meter: Meter) -> None:
    """What every other process does: its share, and a failure if it is its own."""
    phase = folder.phase()
    try:
        work = Work(session, folder, read_placement(folder), read_config(folder), library, None)
        _record(phase, work, meter)
    except Exception as error:
        if cause_of(error) != "lost":
            _fail(folder, phase, error)
        raise


def _first(folder: PhaseFolder, session: Session, library: Library, meter: Meter, owner: str) -> None:
    """What the first process does besides its share: journal, environment, record or failure."""
    phase = folder.phase()
    try:
        with Journal(folder.journal_file) as journal:
            journal.append("start", phase=identity(phase), world_size=session.world_size)
            work = Work(session, folder, read_placement(folder), read_config(folder), library, journal)
            write_json(folder.environment_file, describe(phase, work))
            record = _counted(_record(phase, work, meter), folder, journal)
            session.notice.only_noted()  # nothing may come between what follows
            lease.confirm(folder.lease_file, owner, _lost)
            journal.append("end", record=dump(record))  # from which a damaged record.json can be written again
        write_json(folder.record_file, record)
        resume.discard(folder.resume)
    except Interrupted as notice:
        with Journal(folder.journal_file) as journal:
            journal.append("interrupted", reason=str(notice))
        raise
    except Exception as error:
        _fail(folder, phase, error)
        raise


def _counted(record: Record, folder: PhaseFolder, journal: Journal) -> Record:
    """The record with what its journal knows of attempts before this one."""
    journal.sync()
    repeated = taken_steps(folder.journal_file) - record.cost.steps
    return dataclasses.replace(record, attempts=attempts(folder.journal_file), repeated_steps=max(0, repeated))


def _lost(sentence: str) -> NoReturn:
    """End at once, and write nothing: the folder is another's, who may be writing the same files by now."""
    print(f"harness: lost: {sentence}", file=sys.stderr, flush=True)
    os._exit(1)


def _record(phase: AnyPhase, work: Work, meter: Meter) -> Record:
    """Do the phase; every process comes here, since their memory and their hosts' energy are added up."""
    with work.session.notice.undisguised(), sampled(work) as joules:
        record = _done(phase, work)
    earlier = record.wall_seconds or 0.0
    peak, energy = work.session.totals([meter.peak_memory, joules()])
    return dataclasses.replace(
        record,
        peak_memory_bytes=int(peak),
        wall_seconds=meter.seconds + earlier,
        energy_joules=None if earlier or math.isnan(energy) else energy,
    )


def _done(phase: AnyPhase, work: Work) -> Record:
    match phase:
        case TrainTokenizer():
            return _finished(phase, work, Cost(), _tokenizer(phase, work))
        case Train():
            trained = train(phase, work)
            record = _finished(phase, work, trained.cost, trained.outputs)
            return dataclasses.replace(
                record,
                agreement=agreement(phase, work.config),
                final_loss=trained.final_loss,
                notes=trained.notes,
                unique_examples=trained.unique_examples,
                wall_seconds=trained.earlier_seconds,
            )
        case Evaluate():
            evaluated = evaluate(phase, work)
            record = _finished(phase, work, evaluated.cost, evaluated.outputs)
            return dataclasses.replace(record, agreement=agreement(phase, work.config))


def _tokenizer(phase: TrainTokenizer, work: Work) -> dict[str, str]:
    if not work.session.first:
        return {}
    work.tell("progress", what="reading data", done=0, total=len(phase.text), unit="sets")
    path = tokenizer.train(phase, work.library.texts(phase.text), work.folder.weights)
    return {str(path.relative_to(work.folder.path)): digest(path)}


def _finished(phase: AnyPhase, work: Work, cost: Cost, outputs: dict[str, str]) -> Record:
    return Record(
        phase=identity(phase),
        slug=slug(phase),
        cost=cost,
        outputs=outputs,
        sizes={name: (work.folder.path / name).stat().st_size for name in outputs},
        environment=digest(work.folder.environment_file) if work.session.first else "",
        finished=_now(),
        agreement="exact",
    )


def _fail(folder: PhaseFolder, phase: AnyPhase, error: Exception) -> None:
    """Say why, if the disk lets us; the launch ends either way.

    A process that lost another may be second to tell: the reason of the first stays.
    """
    cause = cause_of(error)
    if cause == "lost" and folder.failure_file.exists():
        return
    details = redacted(traceback.format_exc())
    failure = Failure(identity(phase), reason_of(error)[:1000], details[-8000:], _now(), cause)
    try:
        write_json(folder.failure_file, failure)
    except HarnessError:
        return


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def phase_folder(path: Path) -> PhaseFolder:
    """The folder at `path`; raises HarnessError when it holds no phase."""
    folder = PhaseFolder(path.resolve())
    if not folder.phase_file.exists():
        raise HarnessError(f"{path}: holds no phase.json; give a phase's folder, such as runs/<id>-<slug>")
    return folder
