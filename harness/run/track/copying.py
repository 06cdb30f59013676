"""A study from one MLflow store to another, without its files: train on the cluster, look at it on a laptop."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow import MlflowClient
from mlflow.entities import Experiment, Run

from harness.run.track.address import database
from harness.run.track.projection import writing
from harness.run.track.projection.connection import PATIENT, Patience, patient, reach, used
from harness.run.track.projection.report_run import SUFFIXES
from harness.run.track.projection.store import NOTE, SyncResult, delete, experiment, owned
from harness.run.track.projection.tracked import Artifact, Input, Measured, TrackedRun
from harness.run.track.projection.writing import CONTEXT, DIGEST, ID, RUNS, UNFINISHED
from harness.spec.errors import HarnessError
from harness.spec.redact import redacted

ARTIFACTS = "mlartifacts"  # the folder beside a database
REMEDY = "the same command goes on from here"


def copy_study(name: str, source: str, target: str, patience: Patience = PATIENT) -> SyncResult:
    """Make the experiments of the study `name` at the URI `target` equal those at `source`, as far as they are ours.

    Runs are known by their tags: one whose digest is right is left alone, one that is no longer at `source` is deleted,
    and one that is being written there just now stays as it was.
    Raises HarnessError for the same store twice, for a source without the study, and for one that cannot be reached.
    """
    if _place(source) == _place(target):
        raise HarnessError(f"{redacted(target)}: is where the study is already; name another store with --to")
    file = database(source)
    if file and not file.is_file():
        raise HarnessError(f"{file}: no such file; name the database that holds the study with --mlflow")
    with patient(patience):
        with used(source, REMEDY):
            here = reach(source)
            experiments = {name + suffix: here.get_experiment_by_name(name + suffix) for suffix in SUFFIXES}
        if not any(experiments.values()):
            raise HarnessError(f"MLflow at {redacted(source)}: has no experiment '{name}'")
        with used(target, REMEDY):
            there = reach(target)
        given = [each for each in experiments.values() if each and each.lifecycle_stage == "active"]
        return sum((_Copy(source, here, target, there).all_of(each) for each in given), start=SyncResult())


class _Copy:
    def __init__(self, source: str, here: MlflowClient, target: str, there: MlflowClient) -> None:
        self._source, self._here, self._target, self._there = source, here, target, there
        beside = database(target)
        self._artifacts = (beside.parent / ARTIFACTS).as_uri() if beside else None

    def all_of(self, given: Experiment) -> SyncResult:
        """Copy what is ours of one experiment."""
        with used(self._source, REMEDY):
            told = list(owned(self._here, given.experiment_id))
        wanted = [run for run in told if run.data.tags.get(DIGEST)]
        unfinished = {_known_by(run)[:2] for run in told if not run.data.tags.get(DIGEST)}
        owners = {run.data.tags[RUNS] for run in wanted}
        with used(self._target, REMEDY):
            made = experiment(self._there, given.name, self._artifacts, given.tags.get(NOTE))
            existing = [run for run in owned(self._there, made) if run.data.tags[RUNS] in owners]
        found = {_known_by(run): run.info.run_id for run in existing}
        right, written = set[str](), 0
        for run in wanted:
            same = found.get(_known_by(run))
            if same is None:
                with used(self._source, REMEDY):
                    content = self._content(run)
                with used(self._target, REMEDY):
                    same = writing.copy(self._there, made, content)
                written += 1
            right.add(same)
        with used(self._target, REMEDY):
            ours = [run for run in owned(self._there, made) if run.data.tags[RUNS] in owners] if written else existing
            gone = [run for run in ours if run.info.run_id not in right]
            outdated = [run.info.run_id for run in gone if _known_by(run)[:2] not in unfinished]
            for run_id in outdated:
                delete(self._there, run_id)
        return SyncResult(written, len(wanted) - written, len(outdated))

    def _content(self, run: Run) -> TrackedRun:
        """All of a run."""
        return TrackedRun(
            key=run.data.tags[ID],
            name=run.info.run_name,
            status=run.info.status,
            started=run.info.start_time,
            ended=run.info.end_time if run.info.status != UNFINISHED else 0,
            tags=run.data.tags,
            params=run.data.params,
            metrics=tuple(self._metrics(run)),
            artifacts=self._files(run),
            inputs=tuple(_inputs(run)),
        )

    def _metrics(self, run: Run) -> Iterator[Measured]:
        """With their histories; those of a point have one value each, which comes with the run."""
        latest = [(each.key, each.value, each.timestamp, each.step) for each in run.to_proto().data.metrics]
        if run.data.tags.get("harness.kind") != "phase":
            yield from latest
            return
        for name, *_ in latest:
            for each in self._here.get_metric_history(run.info.run_id, name):
                yield name, each.value, each.timestamp, each.step

    def _files(self, run: Run) -> Mapping[str, Artifact]:
        folder = _local(run.info.artifact_uri, self._source)
        if folder is not None:
            return _read(folder)
        with tempfile.TemporaryDirectory(prefix="harness-copy-") as name:
            return _read(Path(self._here.download_artifacts(run.info.run_id, "", name)))


def _inputs(run: Run) -> Iterator[Input]:
    for each in run.inputs.dataset_inputs if run.inputs else ():
        data = each.dataset
        context = next((tag.value for tag in each.tags if tag.key == CONTEXT), "")
        yield Input(data.name, data.digest, context, data.source_type, data.source, data.profile or "")


def _known_by(run: Run) -> tuple[str, str, str]:
    tags = run.data.tags
    return tags[ID], tags[RUNS], tags.get(DIGEST, "")


def _local(uri: str, source: str) -> Path | None:
    """The folder of a run's artifacts where it is one here; else they are fetched from the server.

    A database that was copied still has the paths of where it was: below the folder `mlartifacts` the rest is the same.
    Raises HarnessError where neither is there.
    """
    if not uri.startswith(("file:", "/")):
        return None
    folder = Path(unquote(urlsplit(uri).path))
    if folder.is_dir():
        return folder
    file = database(source)
    _, found, rest = str(folder).partition(f"/{ARTIFACTS}/")
    beside = file.parent / ARTIFACTS / rest if file and found else folder
    if not beside.is_dir():
        raise HarnessError(f"{beside}: no such folder; copy `{ARTIFACTS}` to the folder that the database lies in")
    return beside


def _read(folder: Path) -> dict[str, Artifact]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _place(uri: str) -> str:
    file = database(uri)
    return str(file.resolve()) if file else uri.rstrip("/")
