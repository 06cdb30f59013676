"""One run into MLflow: in as few requests as can be, none above what servers take, its digest last."""

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from harness.run.track.projection.tracked import Artifact, Input, Measured, TrackedRun

ID, RUNS = "harness.id", "harness.runs"  # by which a run is found
DIGEST, BEGUN, FILES = LAST = ("harness.digest", "harness.begun", "harness.files")  # written when all else is
# One log_batch request may hold 1000 metrics, 100 params, 100 tags, 1000 things in all and 1 MB (MLflow REST API).
LONGEST_NAME = 250  # characters: a column of MLflow on PostgreSQL
METRICS_AT_ONCE, PARAMS_AT_ONCE = 850, 100
BYTES_AT_ONCE = 900_000
METRIC_BYTES = 120  # of a metric in JSON beside its name, at most
UNFINISHED = "RUNNING"
CONTEXT = "mlflow.data.context"


def write(client: MlflowClient, experiment: str, run: TrackedRun, owner: str) -> str:
    """Write `run` anew and return MLflow's id of it.

    Its digest comes last, so that a run cut short is written again by the next projection.
    """
    return _write(client, experiment, run, {**run.tags, ID: run.key, RUNS: owner}, _last(run))


def copy(client: MlflowClient, experiment: str, run: TrackedRun) -> str:
    """Write `run` with the very tags that it has elsewhere; returns MLflow's id of it here."""
    last = {name: run.tags[name] for name in LAST if name in run.tags}
    return _write(client, experiment, run, {name: text for name, text in run.tags.items() if name not in LAST}, last)


def grow(client: MlflowClient, found: str, run: TrackedRun, metrics: int, same_files: bool) -> None:
    """Write what `run` has beyond its first so many `metrics` into the run that MLflow calls `found`.

    It has no digest meanwhile, so that it is written anew where this is cut short.
    """
    client.set_tag(found, DIGEST, "")
    if not same_files:
        log_artifacts(client, found, run.artifacts)
    _finish(client, found, dataclasses.replace(run, metrics=run.metrics[metrics:], params={}), _last(run))


def log_artifacts(client: MlflowClient, run: str, artifacts: Mapping[str, Artifact]) -> None:
    """All of them at once: each call of MLflow's looks up the run again."""
    if not artifacts:
        return
    with tempfile.TemporaryDirectory(prefix="harness-artifacts-") as name:
        for path, content in artifacts.items():
            file = Path(name, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content())
        client.log_artifacts(run, name)


def log_inputs(client: MlflowClient, run: str, inputs: Sequence[Input]) -> None:
    """Data sets, each with what it was read for."""
    made = [
        DatasetInput(
            Dataset(each.name, each.digest, each.source_type, each.source, profile=each.profile),
            [InputTag(CONTEXT, each.context)],
        )
        for each in inputs
    ]
    if made:
        client.log_inputs(run, made)


def batches(metrics: Sequence[Measured], params: Mapping[str, str]) -> Iterator[tuple[list[Metric], list[Param]]]:
    """As few requests as hold all of them; at least one, which may be empty."""
    some: list[Metric] = []
    few: list[Param] = []
    size = 0
    things: list[Metric | Param] = [Param(*item) for item in params.items()]
    things += [Metric(name, value, time, step) for name, value, time, step in metrics]
    for thing in things:
        own = _bytes(thing)
        if len(some) == METRICS_AT_ONCE or len(few) == PARAMS_AT_ONCE or size + own > BYTES_AT_ONCE:
            yield some, few
            some, few, size = [], [], 0
        (some if isinstance(thing, Metric) else few).append(thing)
        size += own
    yield some, few


def _write(
    client: MlflowClient, experiment: str, run: TrackedRun, tags: Mapping[str, str], last: Mapping[str, str]
) -> str:
    name = run.name[:LONGEST_NAME]
    made = client.create_run(experiment, start_time=run.started, tags=dict(tags), run_name=name).info.run_id
    log_artifacts(client, made, run.artifacts)
    log_inputs(client, made, run.inputs)
    _finish(client, made, run, last)
    return str(made)


def _finish(client: MlflowClient, made: str, run: TrackedRun, last: Mapping[str, str]) -> None:
    if run.status != UNFINISHED:
        client.set_terminated(made, run.status, run.ended)
    *earlier, (some, few) = batches(run.metrics, run.params)
    for each, own in earlier:
        client.log_batch(made, metrics=each, params=own)
    # log_batch writes its tags after everything else.
    client.log_batch(made, metrics=some, params=few, tags=[RunTag(*tag) for tag in last.items()])


def _last(run: TrackedRun) -> dict[str, str]:
    grown = {BEGUN: run.begun(len(run.metrics)), FILES: run.artifacts_digest} if run.grows else {}
    return {**grown, DIGEST: run.digest}


def _bytes(thing: Metric | Param) -> int:
    if isinstance(thing, Param):
        return len(json.dumps([thing.key, thing.value])) + 30
    return len(json.dumps(thing.key)) + METRIC_BYTES
