"""The projection of a run folder into MLflow: written from the files, repeatable at any time, always the same."""

import fcntl
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES, MLFLOW_HTTP_REQUEST_TIMEOUT
from mlflow.exceptions import MlflowException

from harness.analysis.answer import Answer
from harness.files.layout import folder_of
from harness.plan.dag import plan
from harness.run.tracking_runs import TrackedRun, phase_run, point_runs
from harness.spec.errors import HarnessError
from harness.spec.phase import Train

ID, DIGEST = "harness.id", "harness.digest"
# What one log_batch request may hold (MLflow REST API).
METRICS_AT_ONCE = 1000
PARAMS_AT_ONCE = 100


@dataclass(frozen=True)
class SyncResult:
    """How many MLflow runs were written anew, left alone because they were right, and deleted."""

    written: int = 0
    unchanged: int = 0
    deleted: int = 0

    def __add__(self, other: "SyncResult") -> "SyncResult":
        """Both together."""
        return SyncResult(self.written + other.written, self.unchanged + other.unchanged, self.deleted + other.deleted)


def sync(runs: Path, answer: Answer, uri: str) -> SyncResult:
    """Make the experiments `<sweep>` (a run per point) and `<sweep>/phases` (a run per training phase) equal the files.

    `uri` is MLflow's tracking URI. Raises HarnessError when the server cannot be reached or refuses.
    """
    name = answer.study.sweep.name
    phases = [phase for phase in plan(answer.study.leaves) if isinstance(phase, Train)]
    curves = (phase_run(phase, folder_of(runs, phase)) for phase in phases)
    with _alone(runs):
        try:
            client = _client(uri)
            place = (runs / "mlartifacts").absolute().as_uri() if uri.startswith("sqlite:") else None
            of_points = _project(client, _experiment(client, name, place), point_runs(answer))
            return of_points + _project(client, _experiment(client, f"{name}/phases", place), filter(None, curves))
        except (MlflowException, OSError) as error:
            reason = " ".join(str(error).split())[:300]
            raise HarnessError(
                f"MLflow at {uri}: {reason}; nothing is lost, `harness sync` repeats the writing when it answers again"
            ) from error


def _client(uri: str) -> MlflowClient:
    """A client that gives up soon: the projection can always be repeated."""
    MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(1)
    MLFLOW_HTTP_REQUEST_TIMEOUT.set(15)
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return MlflowClient(tracking_uri=uri)


@contextmanager
def _alone(runs: Path) -> Iterator[None]:
    """Wait for another projection of the same run folder, so that no run is written twice."""
    with (runs / ".mlflow.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _experiment(client: MlflowClient, name: str, artifacts: str | None) -> str:
    """The id of the experiment called `name`, made or restored where needed."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name, artifact_location=artifacts))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _project(client: MlflowClient, experiment: str, wanted: Iterable[TrackedRun]) -> SyncResult:
    """Write what is new or changed, delete what the files no longer have; runs without our tag are not ours."""
    written = unchanged = 0
    existing: dict[str, list[Run]] = {}
    for found in _runs(client, experiment):
        existing.setdefault(found.data.tags[ID], []).append(found)
    for run in wanted:
        same = [found for found in existing.get(run.key, []) if found.data.tags.get(DIGEST) == run.digest]
        if same:
            existing[run.key].remove(same[0])
            unchanged += 1
        else:
            _write(client, experiment, run)
            written += 1
    outdated = [found for left in existing.values() for found in left]
    for found in outdated:
        client.delete_run(found.info.run_id)
    return SyncResult(written, unchanged, len(outdated))


def _runs(client: MlflowClient, experiment: str) -> Iterator[Run]:
    token: str | None = None
    while True:
        page = client.search_runs([experiment], max_results=METRICS_AT_ONCE, page_token=token)
        yield from (run for run in page if ID in run.data.tags)
        token = page.token
        if not token:
            return


def _write(client: MlflowClient, experiment: str, run: TrackedRun) -> None:
    """Write `run`; its digest comes last, so that a run cut short is written again by the next projection."""
    tags = {**run.tags, ID: run.key}
    made = client.create_run(experiment, start_time=run.started, tags=tags, run_name=run.name).info.run_id
    metrics = [Metric(name, value, time, step) for name, value, time, step in run.metrics]
    for batch in _batches(metrics, METRICS_AT_ONCE):
        client.log_batch(made, metrics=batch)
    for params in _batches([Param(*item) for item in run.params.items()], PARAMS_AT_ONCE):
        client.log_batch(made, params=params)
    for name, text in run.artifacts.items():
        client.log_text(made, text, name)
    if run.status != "RUNNING":
        client.set_terminated(made, run.status, run.ended)
    client.log_batch(made, tags=[RunTag(DIGEST, run.digest)])


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
