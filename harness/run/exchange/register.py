"""A finished training phase as a version of a registered model in MLflow, with its card; the same twice is one."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from harness.files.layout import PhaseFolder, folder_of, folders, phases
from harness.plan.sweeps.study import Study
from harness.run.exchange.card import Evaluated, card
from harness.run.exchange.checkpoint import export_checkpoint
from harness.run.naming import called
from harness.run.track.projection.connection import Patience, patient, reach, used
from harness.run.track.projection.store import delete, experiment, refuse_moved
from harness.run.track.projection.writing import DIGEST, ID
from harness.run.track.score import read_scores
from harness.run.track.tracking import alone
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, Train, lineage, slug, stored

EXPERIMENT = "models"  # the runs behind versions are in none that a projection rewrites
PLACE, CARD = "model", "README.md"
DRAFT, LOCK = ".register-", ".register.lock"
LONGEST = 4000  # characters of a version's description; the card in the artifacts is whole
UPLOADING = Patience(timeout=600)
REPEAT = "the same command goes on"


@dataclass(frozen=True)
class Wanted:
    """The phase called `phase`, to be registered as `name`, with the head of one task where it has several.

    The card has the evaluations that a `study` asks for, else all of this run folder.
    """

    phase: str
    name: str
    head: str | None = None
    study: Study | None = None


def register(runs: Path, wanted: Wanted, uri: str) -> tuple[int, bool]:
    """Export the phase, upload it and register it; returns the number of the version, and whether that is new.

    Raises HarnessError for a phase that is not finished or no training phase, for released weights, and where MLflow
    at `uri` cannot be reached or refuses the name.
    """
    if not wanted.name.strip() or set(wanted.name) & set("/:'\""):
        raise HarnessError(f"--as '{wanted.name}': is no name for a model; expected letters, and neither / : ' nor \"")
    folder = called(runs, wanted.phase)
    phase = folder.phase()
    if not isinstance(phase, Train):
        raise HarnessError(f"{folder.path.name}: is no training phase, so it has no model to register")
    tags = {ID: folder.id, DIGEST: _digest(runs, phase, wanted.head)}
    told = card(wanted.name, folder, phase, tuple(evaluations(runs, phase, wanted.study)))
    with alone(runs, LOCK), patient(UPLOADING), used(uri, REPEAT):
        for left in runs.glob(f"{DRAFT}*"):  # by a command that was killed
            shutil.rmtree(left)
        client = reach(uri)
        found = _version(client, wanted.name, tags)
        if found is None:
            run = _uploaded(client, uri, runs, tags) or _upload(client, uri, folder, wanted, tags)
            _named(client, wanted.name)  # now that there is something to go by that name
            source = f"{run.info.artifact_uri}/{PLACE}"
            found = client.create_model_version(wanted.name, source, run.info.run_id, tags=_all(tags, phase))
            new = True
        else:
            new = False
        client.log_text(found.run_id, told, f"{PLACE}/{CARD}")
        client.update_model_version(wanted.name, found.version, shortened(told))
    return int(found.version), new


def evaluations(runs: Path, phase: Train, study: Study | None) -> Iterator[Evaluated]:
    """Those of `phase` and of what was trained from it; in a study they are called as its points."""
    if study is None:
        for folder, leaf in phases(folders(runs)).items():
            if isinstance(leaf, Evaluate) and phase in lineage(leaf):
                seed = next(lineage(leaf)).recipe.seed
                yield Evaluated(f"seed {seed} ({folder.id[:4]})", leaf, read_scores(folder))
        return
    for point in study.points:
        for leaf in point.leaves:
            if phase in lineage(leaf):
                yield Evaluated(point.at.label, leaf, read_scores(folder_of(runs, leaf)))


def shortened(told: str) -> str:
    """As much of a card as a description holds, cut at the end of a line."""
    if len(told) <= LONGEST:
        return told
    return told[: told.rindex("\n", 0, LONGEST)] + f"\n\n(The whole card is `{CARD}` of the artifacts.)"


def _digest(runs: Path, phase: Train, head: str | None) -> str:
    """Of the weights that are registered, by the digests that their phases' records have of their files."""
    records = {stage: folder_of(runs, stage).whole_record() for stage in stored(phase)}
    outputs = {identity(stage): record.outputs if record else None for stage, record in records.items()}
    return hashlib.sha256(json.dumps([outputs, head], sort_keys=True).encode()).hexdigest()


def _all(tags: dict[str, str], phase: Train) -> dict[str, str]:
    return {**tags, "harness.slug": slug(phase), "harness.phases": " ".join(map(identity, lineage(phase)))}


def _named(client: MlflowClient, name: str) -> None:
    try:
        client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        client.create_registered_model(name)


def _version(client: MlflowClient, name: str, tags: dict[str, str]) -> ModelVersion | None:
    found = client.search_model_versions(f"name = '{name}'")
    return next((each for each in found if tags.items() <= each.tags.items()), None)


def _experiment(client: MlflowClient, uri: str, runs: Path) -> str:
    """A database has its artifacts below the run folder, as those of the projection."""
    folder = runs / "mlartifacts"
    place = experiment(client, EXPERIMENT, folder.absolute().as_uri() if uri.startswith("sqlite:") else None)
    refuse_moved(client, uri, place, folder)
    return place


def _uploaded(client: MlflowClient, uri: str, runs: Path, tags: dict[str, str]) -> Run | None:
    """The run of an upload that is whole, of another name, or left by a command that was killed; others are deleted."""
    wanted = " and ".join(f"tags.`{tag}` = '{value}'" for tag, value in tags.items())
    found = client.search_runs([_experiment(client, uri, runs)], wanted)
    for run in found:
        if run.info.status != "FINISHED":  # cut short; nobody else is at it
            delete(client, run.info.run_id)
    return next((run for run in found if run.info.status == "FINISHED"), None)


def _upload(client: MlflowClient, uri: str, folder: PhaseFolder, wanted: Wanted, tags: dict[str, str]) -> Run:
    runs = folder.path.parent
    with TemporaryDirectory(dir=runs, prefix=DRAFT) as drafts:
        draft = Path(drafts) / PLACE
        export_checkpoint(runs, folder.id, draft, wanted.head)
        name = f"{wanted.name} {folder.id}"
        run = client.create_run(_experiment(client, uri, runs), tags={**tags, "harness.kind": "model"}, run_name=name)
        client.log_artifacts(run.info.run_id, str(draft), PLACE)
    client.set_terminated(run.info.run_id)
    return run
