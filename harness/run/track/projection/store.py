"""MLflow as far as one run folder is concerned: its runs are found by their tags, and made to equal what is wanted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow import MlflowClient
from mlflow.entities import Experiment, Run
from mlflow.exceptions import MlflowException

from harness.run.track.address import database
from harness.run.track.projection.connection import reach, used
from harness.run.track.projection.tracked import TrackedRun
from harness.run.track.projection.writing import BEGUN, DIGEST, FILES, ID, RUNS, UNFINISHED, grow, write
from harness.spec.errors import HarnessError

RUNS_AT_ONCE = 1000
NOTE = "mlflow.note.content"  # what MLflow's pages show as the description of an experiment


@dataclass(frozen=True)
class SyncResult:
    """How many MLflow runs were written anew, left alone because they were right, deleted, and went on growing."""

    written: int = 0
    unchanged: int = 0
    deleted: int = 0
    grown: int = 0

    def __add__(self, other: "SyncResult") -> "SyncResult":
        """Both together."""
        return SyncResult(
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
            self.grown + other.grown,
        )


class Store:
    """MLflow at `uri` as far as the run folder with the id `owner` is concerned."""

    def __init__(self, uri: str, owner: str, artifacts: Path) -> None:
        """Reach the store; a database has its `artifacts` in that folder."""
        self._uri, self._owner, self._folder = uri, owner, artifacts
        self._artifacts = artifacts.absolute().as_uri() if uri.startswith("sqlite:") else None
        with used(uri):
            self._client = reach(uri)

    def describe(self, words: Mapping[str, str]) -> None:
        """Say on each experiment what it holds."""
        with used(self._uri):
            for name, description in words.items():
                experiment(self._client, name, self._artifacts, description)

    def project(self, name: str, wanted: Iterable[TrackedRun], only: Sequence[str] | None = None) -> SyncResult:
        """Write to the experiment `name` what is new or changed there, delete what the files do not have.

        Where `only` names keys, all others are left alone, and not even looked for.
        That is looked for when all is written: a request whose answer was lost is repeated, and may be done twice.
        """
        with used(self._uri):
            place = experiment(self._client, name, self._artifacts)
            refuse_moved(self._client, self._uri, place, self._folder)
            existing = list(self._owned(place, only))
        by_id: dict[str, list[Run]] = {}
        for found in existing:
            by_id.setdefault(found.data.tags[ID], []).append(found)
        result, right = SyncResult(), set[str]()
        for run in wanted:
            with used(self._uri):
                kept, how = self._put(place, run, by_id.get(run.key, []))
            right.add(kept)
            result += how
        with used(self._uri):
            ours = self._owned(place, only) if result.written else existing
            outdated = [found.info.run_id for found in ours if found.info.run_id not in right]
            for run_id in outdated:
                delete(self._client, run_id)
        return result + SyncResult(deleted=len(outdated))

    def _owned(self, place: str, only: Sequence[str] | None) -> Iterator[Run]:
        for key in (None,) if only is None else only:
            yield from owned(self._client, place, self._owner, key)

    def _put(self, place: str, run: TrackedRun, existing: Iterable[Run]) -> tuple[str, SyncResult]:
        for found in existing:
            if found.data.tags.get(DIGEST) == run.digest:
                return found.info.run_id, SyncResult(unchanged=1)
        for found in existing:
            metrics = begun(found, run)
            if metrics is not None:
                grow(self._client, found.info.run_id, run, metrics, found.data.tags.get(FILES) == run.artifacts_digest)
                return found.info.run_id, SyncResult(grown=1)
        return write(self._client, place, run, self._owner), SyncResult(written=1)


def begun(found: Run, run: TrackedRun) -> int | None:
    """How many metrics of `run` are in `found`, where that is an earlier version of it that can grow; else None."""
    told = found.data.tags.get(BEGUN, "")
    number = told.partition(" ")[0]
    if not number.isdigit() or found.info.status != UNFINISHED or not found.data.tags.get(DIGEST):
        return None
    return int(number) if run.begun(int(number)) == told else None


def experiment(client: MlflowClient, name: str, artifacts: str | None, description: str | None = None) -> str:
    """The id of the experiment called `name`, made or restored where needed; with a `description` if one is given."""
    found = _experiment(client, name, artifacts)
    if description is not None and found.tags.get(NOTE) != description:
        client.set_experiment_tag(found.experiment_id, NOTE, description)
    return str(found.experiment_id)


def refuse_moved(client: MlflowClient, uri: str, experiment: str, artifacts: Path) -> None:
    """Raise HarnessError where a database came here with its run folder: its artifacts would go to where it was."""
    file = database(uri)
    if file is None or file.parent.resolve() != artifacts.parent.resolve():
        return
    there = Path(unquote(urlsplit(client.get_experiment(experiment).artifact_location).path))
    if there.resolve() != artifacts.resolve():
        raise HarnessError(
            f"{file}: was made for the run folder {there.parent}, where its artifacts would go; move it and "
            f"{artifacts.name} away, and `harness sync` writes both anew"
        )


def owned(client: MlflowClient, experiment: str, owner: str | None = None, key: str | None = None) -> Iterator[Run]:
    """The runs of one run folder, or of all, those with one `key` or all; those without our tags are not ours."""
    wanted = {RUNS: owner, ID: key}
    ours = " and ".join(f"tags.`{tag}` = '{value}'" for tag, value in wanted.items() if value)
    token: str | None = None
    while True:
        page = client.search_runs([experiment], ours, max_results=RUNS_AT_ONCE, page_token=token)
        yield from (run for run in page if ID in run.data.tags and RUNS in run.data.tags)
        token = page.token
        if not token:
            return


def delete(client: MlflowClient, run: str) -> None:
    """Delete a run, unless that is done."""
    try:
        client.delete_run(run)
    except MlflowException:
        if client.get_run(run).info.lifecycle_stage != "deleted":
            raise


def _experiment(client: MlflowClient, name: str, artifacts: str | None) -> Experiment:
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            client.create_experiment(name, artifact_location=artifacts)
        except MlflowException:  # another command was first, or this request was, whose answer was lost
            if client.get_experiment_by_name(name) is None:
                raise
        found = client.get_experiment_by_name(name)
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found
