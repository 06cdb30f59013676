"""One phase from its files to its record, under its lease."""

import dataclasses
import datetime
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from harness.files import lease
from harness.files.atomic import digest, write_json
from harness.files.journal import Journal
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
from harness.worker.library import Library
from harness.worker.meter import Meter
from harness.worker.session import Session
from harness.worker.train import train
from harness.worker.work import Work, read_config, read_placement


def perform(folder: PhaseFolder, session: Session, library: Library, owner: str) -> bool:
    """Do the phase of `folder` unless it is done; False when another owner has its lease.

    Raises whatever stopped the phase, after failure.json says why.
    """
    if not session.agreed(lease.acquire(folder.lease_file, owner) if session.first else None):
        return False
    if session.agreed(folder.done if session.first else None):  # looked at under the lease: nobody finishes it now
        if session.first:
            lease.release(folder.lease_file, owner)
        return True
    meter = Meter(session.device)
    if not session.first:
        work = Work(session, folder, read_placement(folder), read_config(folder), library, None)
        _record(folder.phase(), work, meter)
        return True
    with lease.heartbeat([folder.lease_file], owner, _lost):
        _first(folder, session, library, meter, owner)
    lease.release(folder.lease_file, owner)  # after a failure the launcher's side does, which knows who failed first
    return True


def _first(folder: PhaseFolder, session: Session, library: Library, meter: Meter, owner: str) -> None:
    """What the first process does besides its share: journal, environment, record or failure."""
    folder.failure_file.unlink(missing_ok=True)
    phase = folder.phase()
    try:
        with Journal(folder.journal_file) as journal:
            journal.append("start", phase=identity(phase), world_size=session.world_size)
            work = Work(session, folder, read_placement(folder), read_config(folder), library, journal)
            write_json(folder.environment_file, describe(phase, work))
            record = dataclasses.replace(_record(phase, work, meter), wall_seconds=meter.seconds)
            lease.confirm(folder.lease_file, owner, _lost)
            journal.append("end", record=dump(record))  # from which a damaged record.json can be written again
        write_json(folder.record_file, record)
    except Exception as error:
        _fail(folder, phase, error)
        raise


def _lost(sentence: str) -> NoReturn:
    """End at once, and write nothing: the folder is another's, who may be writing the same files by now."""
    print(f"harness: error: {sentence}", file=sys.stderr, flush=True)
    os._exit(1)


def _record(phase: AnyPhase, work: Work, meter: Meter) -> Record:
    """Do the phase; every process comes here, since their memory is added up."""
    record = _done(phase, work)
    return dataclasses.replace(record, peak_memory_bytes=int(work.session.total(meter.peak_memory)))


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
    """Say why, if the disk lets us; the launch ends either way."""
    reason = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
    details = redacted(traceback.format_exc())
    failure = Failure(identity(phase), redacted(" ".join(reason.split()))[:1000], details[-8000:], _now())
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
