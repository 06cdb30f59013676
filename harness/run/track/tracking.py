"""The projection of a run folder into MLflow: written from the files, repeatable at any time, always the same."""

import fcntl
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from harness.analysis.answer import Answer
from harness.files.atomic import read_text, write_text
from harness.files.layout import folder_of
from harness.plan.dag import plan
from harness.run.track.projection.connection import PATIENT, Patience, patient
from harness.run.track.projection.phase_runs import phase_run
from harness.run.track.projection.point_runs import point_runs
from harness.run.track.projection.report_run import PHASES, POINTS, REPORT, descriptions, report_run
from harness.run.track.projection.store import Store, SyncResult
from harness.run.track.projection.writing import RUNS
from harness.spec.errors import HarnessError
from harness.spec.phase import Train


def sync(runs: Path, answer: Answer, uri: str, patience: Patience = PATIENT) -> SyncResult:
    """Make the experiments `<sweep>` (a run per point) and `<sweep>/phases` (a run per training phase) equal the files.

    `uri` is MLflow's tracking URI; other run folders may use it too, since only runs tagged with this folder's id are
    found, rewritten and deleted. Raises HarnessError when the store cannot be reached or used.
    """
    name = answer.study.sweep.name
    phases = [phase for phase in plan(answer.study.evaluations) if isinstance(phase, Train)]
    curves = (phase_run(phase, folder_of(runs, phase)) for phase in phases)
    with alone(runs), patient(patience):
        store = Store(uri, _folder_id(runs), runs / "mlartifacts")
        return store.project(name + POINTS, point_runs(answer)) + store.project(name + PHASES, filter(None, curves))


def sync_report(runs: Path, answer: Answer, uri: str, patience: Patience = PATIENT) -> SyncResult:
    """Make `<sweep>/report` hold the report that lies below `runs`, and each experiment say the answer; as `sync`."""
    name, said = answer.study.sweep.name, descriptions(answer)
    run = report_run(answer, runs / "reports" / name)
    with alone(runs), patient(patience):
        store = Store(uri, _folder_id(runs), runs / "mlartifacts")
        done = store.project(name + REPORT, [run] if run else [])
        store.describe({name + suffix: said[suffix] for suffix in (POINTS, PHASES, REPORT)})
        return done


def follow_phases(
    runs: Path, sweep: str, phases: Iterable[Train], uri: str, patience: Patience = PATIENT
) -> SyncResult:
    """Make the runs of these training phases in `<sweep>/phases` equal the files, and leave all others as they are."""
    wanted = [run for phase in phases if (run := phase_run(phase, folder_of(runs, phase)))]
    with alone(runs), patient(patience):
        store = Store(uri, _folder_id(runs), runs / "mlartifacts")
        return store.project(sweep + PHASES, wanted, [run.key for run in wanted])


@contextmanager
def alone(runs: Path, name: str = ".mlflow.lock") -> Iterator[None]:
    """Wait for another projection of the same run folder, so that no run is written twice.

    Raises HarnessError where the lock cannot be had.
    """
    lock = runs / name
    try:
        file = lock.open("a")
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise HarnessError(
            f"{lock}: cannot be locked ({error.strerror}); nothing is lost, the same command repeats the writing"
        ) from error
    with file:
        yield


def _folder_id(runs: Path) -> str:
    """The id of a run folder, drawn once, the same wherever the folder is moved; raises HarnessError."""
    file = runs / ".folder-id"
    if not file.exists():
        write_text(file, uuid4().hex)
    found = read_text(file, "the id of this run folder").strip()
    if not re.fullmatch("[0-9a-f]{32}", found):
        raise HarnessError(
            f"{file}: is damaged; expected the 32 hexadecimal digits in the tag {RUNS} of this folder's MLflow runs"
        )
    return found
