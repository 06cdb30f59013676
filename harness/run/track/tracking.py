"""The projection of a run folder into MLflow: written from the files, repeatable at any time, always the same."""

import fcntl
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.environment_variables import (
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR,
    MLFLOW_HTTP_REQUEST_BACKOFF_JITTER,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER,
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT,
)
from mlflow.exceptions import MlflowException

from harness.analysis.answer import Answer
from harness.files.atomic import read_text, write_text
from harness.files.layout import folder_of
from harness.plan.dag import plan
from harness.run.track.tracking_runs import TrackedRun, phase_run, point_runs
from harness.spec.errors import HarnessError
from harness.spec.phase import Train
from harness.spec.redact import redacted

T = TypeVar("T")

ID, DIGEST, RUNS = "harness.id", "harness.digest", "harness.runs"
# One log_batch request may hold 1000 metrics, 100 params and 1000 things in all (MLflow REST API).
METRICS_AT_ONCE = 850
PARAMS_AT_ONCE = 100
RUNS_AT_ONCE = 1000


@dataclass(frozen=True)
class Patience:
    """How long a request is worth: tries after the first, seconds for each, and seconds before the second, doubling.

    As much as `jitter` seconds are added to each wait; a server's Retry-After comes before all of these.
    """

    retries: int = 4
    timeout: int = 15
    backoff: int = 1
    jitter: float = 1.0


PATIENT = Patience()


@dataclass(frozen=True)
class SyncResult:
    """How many MLflow runs were written anew, left alone because they were right, and deleted."""

    written: int = 0
    unchanged: int = 0
    deleted: int = 0

    def __add__(self, other: "SyncResult") -> "SyncResult":
        """Both together."""
        return SyncResult(self.written + other.written, self.unchanged + other.unchanged, self.deleted + other.deleted)


def sync(runs: Path, answer: Answer, uri: str, patience: Patience = PATIENT) -> SyncResult:
    """Make the experiments `<sweep>` (a run per point) and `<sweep>/phases` (a run per training phase) equal the files.

    `uri` is MLflow's tracking URI; other run folders may use it too, since only runs tagged with this folder's id are
    found, rewritten and deleted. Raises HarnessError when the store cannot be reached or used.
    """
    name = answer.study.sweep.name
    phases = [phase for phase in plan(answer.study.leaves) if isinstance(phase, Train)]
    curves = (phase_run(phase, folder_of(runs, phase)) for phase in phases)
    with _alone(runs), _patient(patience):
        store = _Store(uri, _folder_id(runs), runs / "mlartifacts")
        return store.project(name, point_runs(answer)) + store.project(f"{name}/phases", filter(None, curves))


class _Store:
    """MLflow at `uri` as far as the run folder with the id `owner` is concerned."""

    def __init__(self, uri: str, owner: str, artifacts: Path) -> None:
        """Reach the store; a database has its `artifacts` in that folder."""
        self._uri, self._owner = uri, owner
        self._artifacts = artifacts.absolute().as_uri() if uri.startswith("sqlite:") else None
        with self._used():
            self._client = _client(uri)

    def project(self, name: str, wanted: Iterable[TrackedRun]) -> SyncResult:
        """Write to the experiment `name` what is new or changed there, delete what the files do not have.

        That is looked for when all is written: a request whose answer was lost is repeated, and may be done twice.
        """
        written = unchanged = 0
        right: set[str] = set()
        with self._used():
            experiment = _experiment(self._client, name, self._artifacts)
            existing = _by_id(_runs(self._client, experiment, self._owner))
        for run in wanted:
            same = [found for found in existing.get(run.key, []) if found.data.tags.get(DIGEST) == run.digest]
            if same:
                right.add(same[0].info.run_id)
                unchanged += 1
                continue
            with self._used():
                right.add(_write(self._client, experiment, run, self._owner))
            written += 1
        with self._used():
            ours = [found.info.run_id for found in _runs(self._client, experiment, self._owner)]
            outdated = [found for found in ours if found not in right]
            for found in outdated:
                _delete(self._client, found)
        return SyncResult(written, unchanged, len(outdated))

    @contextmanager
    def _used(self) -> Iterator[None]:
        """Around calls of MLflow alone: whatever they raise becomes one HarnessError sentence."""
        try:
            yield
        except Exception as error:
            # Not MlflowException alone: a driver that is not installed, SQLAlchemy's errors and those of a full disk
            # or a broken connection come through as they are, and none of them may stop the work.
            reason = redacted(" ".join(str(error).split()))[:300]
            raise HarnessError(
                f"MLflow at {redacted(self._uri)}: {reason}; nothing is lost, `harness sync` repeats the writing when "
                "it answers again"
            ) from None  # what it was made of may quote a password


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


@contextmanager
def _patient(patience: Patience) -> Iterator[None]:
    """Within the block MLflow's client is as patient as that: these are its only settings for it."""
    settings = {
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: patience.retries,
        MLFLOW_HTTP_REQUEST_TIMEOUT: patience.timeout,
        MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: patience.backoff,
        MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: patience.jitter,
        MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER: True,
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: True,
    }
    before = {setting: setting.get_raw() for setting in settings}
    for setting, number in settings.items():
        setting.set(number)
    try:
        yield
    finally:
        for setting, raw in before.items():
            setting.unset() if raw is None else setting.set(raw)


def _client(uri: str) -> MlflowClient:
    for noisy in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)  # their tracebacks: what they raise is told in one sentence
    return MlflowClient(tracking_uri=uri)


@contextmanager
def _alone(runs: Path) -> Iterator[None]:
    """Wait for another projection of the same run folder, so that no run is written twice.

    Raises HarnessError where the lock cannot be had.
    """
    lock = runs / ".mlflow.lock"
    try:
        file = lock.open("a")
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise HarnessError(
            f"{lock}: cannot be locked ({error.strerror}); nothing is lost, `harness sync` repeats the writing"
        ) from error
    with file:
        yield


def _experiment(client: MlflowClient, name: str, artifacts: str | None) -> str:
    """The id of the experiment called `name`, made or restored where needed."""
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=artifacts))
        except MlflowException:  # another command was first, or this request was, whose answer was lost
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _by_id(runs: Iterable[Run]) -> dict[str, list[Run]]:
    existing: dict[str, list[Run]] = {}
    for found in runs:
        existing.setdefault(found.data.tags[ID], []).append(found)
    return existing


def _runs(client: MlflowClient, experiment: str, owner: str) -> Iterator[Run]:
    """The runs of one run folder; others, and those without our tags, are not ours."""
    ours = f"tags.`{RUNS}` = '{owner}'"
    token: str | None = None
    while True:
        page = client.search_runs([experiment], ours, max_results=RUNS_AT_ONCE, page_token=token)
        yield from (run for run in page if ID in run.data.tags)
        token = page.token
        if not token:
            return


def _delete(client: MlflowClient, run: str) -> None:
    try:
        client.delete_run(run)
    except MlflowException:
        if client.get_run(run).info.lifecycle_stage != "deleted":
            raise


def _write(client: MlflowClient, experiment: str, run: TrackedRun, owner: str) -> str:
    """Write `run` and return MLflow's id of it.

    Its digest comes last, so that a run cut short is written again by the next projection. In as few calls as can be:
    each is a transaction of several hundredths of a second.
    """
    tags = {**run.tags, ID: run.key, RUNS: owner}
    made = client.create_run(experiment, start_time=run.started, tags=tags, run_name=run.name).info.run_id
    for name, text in run.artifacts.items():
        client.log_text(made, text, name)
    if run.status != "RUNNING":
        client.set_terminated(made, run.status, run.ended)
    metrics = [Metric(name, value, time, step) for name, value, time, step in run.metrics]
    params = [Param(*item) for item in run.params.items()]
    *earlier, last = _batches(metrics, METRICS_AT_ONCE) or [[]]
    for batch in earlier:
        client.log_batch(made, metrics=batch)
    *earlier_params, last_params = _batches(params, PARAMS_AT_ONCE) or [[]]
    for few in earlier_params:
        client.log_batch(made, params=few)
    # log_batch writes its tags after everything else.
    client.log_batch(made, metrics=last, params=last_params, tags=[RunTag(DIGEST, run.digest)])
    return str(made)


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
