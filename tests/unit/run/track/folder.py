"""A made-up finished run folder, its projection, and everything that MLflow then shows."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.environment_variables import MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR

from harness.files.atomic import write_json
from harness.files.journal import Journal
from harness.files.layout import folder_of
from harness.plan.dag import plan
from harness.plan.sweeps.study import Study
from harness.run.track.projection.store import SyncResult
from harness.run.track.results import results
from harness.run.track.tracking import sync, sync_report
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, Train

STEPS = 5
SWEEP = """
name: tracked
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 2]
batch_size: 8
targets: [{task: udpos, languages: [en, af, de, yo]}]
"""


def write_runs(runs: Path, study: Study, made: Any) -> None:
    """A finished run folder."""
    for phase in plan(study.leaves):
        folder = folder_of(runs, phase)
        write_json(folder.phase_file, phase)
        if isinstance(phase, Train):
            with Journal(folder.journal_file) as journal:
                journal.append("start")
                for step in range(STEPS):
                    measured = {"loss": 1 / (step + 1), "grad_norm": 0.5 if step else None, "flops_model": step}
                    journal.append("step", step=step, steps=STEPS, **measured)
        if isinstance(phase, Evaluate):
            write_json(folder.scores_file, made.scored[identity(phase)])
        write_json(folder.record_file, made.records[identity(phase)])


@dataclasses.dataclass(frozen=True)
class Shown:
    """Everything that MLflow shows of one run."""

    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, list[tuple[float, int, int]]]  # value, time, step
    about: tuple[str, int, int | None]
    files: dict[str, bytes]
    inputs: list[tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class Tracked:
    """A run folder and its MLflow database."""

    runs: Path
    study: Study
    database: str = "mlflow.db"

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.runs}/{self.database}"

    def sync(self) -> SyncResult:
        return sync(self.runs, results(self.runs, self.study, None), self.uri)

    def sync_report(self) -> SyncResult:
        return sync_report(self.runs, results(self.runs, self.study, None), self.uri)

    def content(self) -> dict[tuple[str, str], Shown]:
        return content(self.uri)

    def run_ids(self) -> dict[str, str]:
        client = MlflowClient(tracking_uri=self.uri)
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        return {run.data.tags["harness.id"]: run.info.run_id for run in client.search_runs(experiments)}


def content(uri: str, study: str = "") -> dict[tuple[str, str], Shown]:
    """Of every run of the experiments whose names begin so, by experiment and `harness.id`; each run once."""
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
    client = MlflowClient(tracking_uri=uri)
    shown: dict[tuple[str, str], Shown] = {}
    for experiment in client.search_experiments():
        if not experiment.name.startswith(study):
            continue
        for run in client.search_runs([experiment.experiment_id]):
            key = (experiment.name, run.data.tags["harness.id"])
            assert key not in shown, "one run per id"
            shown[key] = _shown(client, run)
    return shown


def _shown(client: MlflowClient, run: Run) -> Shown:
    own = run.info.run_id
    histories = {
        name: sorted(((m.value, m.timestamp, m.step) for m in client.get_metric_history(own, name)), key=_place)
        for name in run.data.metrics
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(client.download_artifacts(own, "", name))
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    inputs = [
        (each.dataset.name, each.dataset.digest, each.dataset.source, each.dataset.profile, each.tags[0].value)
        for each in run.inputs.dataset_inputs
    ]
    about = (run.info.status, run.info.start_time, run.info.end_time)
    return Shown(run.data.tags, run.data.params, histories, about, files, sorted(inputs))


def _place(measured: tuple[float, int, int]) -> tuple[int, int, float]:
    value, time, step = measured
    return step, time, value
