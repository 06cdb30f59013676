"""A phase that is at work keeps its MLflow run and grows in it; in the end it is what one projection would make."""

import dataclasses
import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from harness.catalog import find
from harness.files.atomic import write_json
from harness.files.journal import Journal
from harness.files.layout import PhaseFolder, folder_of
from harness.plan.dag import plan
from harness.run.track.projection import writing
from harness.run.track.projection.curves import CURVE_POINTS
from harness.run.track.projection.store import SyncResult
from harness.spec.phase import Train
from tests.unit.run.track.folder import Shown, Tracked

STEPS = 300


@pytest.fixture
def at_work(tracked: Tracked) -> PhaseFolder:
    """A phase whose journal has a start alone, with all others finished."""
    phase = next(phase for phase in plan(tracked.study.leaves) if isinstance(phase, Train))
    folder = folder_of(tracked.runs, phase)
    folder.record_file.rename(folder.path / "record.later")
    folder.journal_file.unlink()
    with Journal(folder.journal_file) as journal:
        journal.append("start")
    return folder


def go_on(folder: PhaseFolder, first: int, last: int) -> None:
    with Journal(folder.journal_file) as journal:
        for step in range(first, last):
            journal.append("step", step=step, steps=STEPS, loss=1 / (step + 1), learning_rate=0.1)
            if step % 3 == 0:
                journal.append("system", cpu_percent=50.0, memory_bytes=2_000_000, accelerator_watts=100.5)


def finish(folder: PhaseFolder) -> None:
    (folder.path / "record.later").rename(folder.record_file)


def shown(tracked: Tracked, folder: PhaseFolder) -> Shown:
    return tracked.content()["tracked/phases", folder.id]


def test_a_run_at_work_keeps_its_id_and_ends_as_one_projection_would_make_it(
    tracked: Tracked, at_work: PhaseFolder
) -> None:
    go_on(at_work, 0, 100)
    tracked.sync()
    first = tracked.run_ids()[at_work.id]
    before = shown(tracked, at_work)
    assert before.about[0] == "RUNNING"
    assert [step for *_, step in before.metrics["loss"]] == list(range(0, 100, STEPS // CURVE_POINTS))
    go_on(at_work, 100, 250)
    result = tracked.sync()
    assert (result.grown, result.written, result.deleted) == (1, 0, 0)
    assert len(shown(tracked, at_work).metrics["loss"]) == 25
    go_on(at_work, 250, STEPS)
    finish(at_work)
    result = tracked.sync()
    assert result.grown == 1
    assert tracked.run_ids()[at_work.id] == first
    after = shown(tracked, at_work)
    assert after.about[0] == "FINISHED"
    assert [step for *_, step in after.metrics["loss"]][-2:] == [290, 299]
    assert {"flops/hardware", "system/gpu_0_power_usage_watts"} <= after.metrics.keys()
    assert after.metrics["system/system_memory_usage_megabytes"][0][0] == 2.0
    assert "record.json" in after.files

    rebuilt = dataclasses.replace(tracked, database="rebuilt.db")
    rebuilt.sync()
    assert rebuilt.content() == tracked.content()


def test_an_attempt_that_took_other_steps_is_written_anew(tracked: Tracked, at_work: PhaseFolder) -> None:
    go_on(at_work, 0, 100)
    tracked.sync()
    first = tracked.run_ids()[at_work.id]
    with Journal(at_work.journal_file) as journal:
        journal.append("start")
    go_on(at_work, 0, 50)
    assert (tracked.sync().written, tracked.run_ids()[at_work.id] != first) == (1, True)
    assert len(shown(tracked, at_work).metrics["loss"]) == 5


def test_what_was_cut_short_as_it_grew_is_written_anew(
    tracked: Tracked, at_work: PhaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(client: MlflowClient, run: str, **given: object) -> None:
        real(client, run, metrics=given["metrics"])
        raise ConnectionError("away")

    go_on(at_work, 0, 100)
    tracked.sync()
    go_on(at_work, 100, 200)
    real = MlflowClient.log_batch
    with monkeypatch.context() as patch, pytest.raises(Exception, match="away"):
        patch.setattr(MlflowClient, "log_batch", cut)
        tracked.sync()
    assert shown(tracked, at_work).tags[writing.DIGEST] == ""
    result = tracked.sync()
    assert (result.written, result.deleted, result.grown) == (1, 1, 0)
    assert len(shown(tracked, at_work).metrics["loss"]) == 20


def test_a_failed_phase_that_is_tried_again_is_written_anew(tracked: Tracked, at_work: PhaseFolder) -> None:
    go_on(at_work, 0, 20)
    failure = {"phase": at_work.id, "reason": "it broke", "details": "", "failed": "now"}
    write_json(at_work.failure_file, failure)
    tracked.sync()
    found = shown(tracked, at_work)
    assert (found.about[0], "failure.json" in found.files) == ("FAILED", True)
    assert [step for *_, step in found.metrics["loss"]] == [0, 10, 19]
    at_work.failure_file.unlink()
    go_on(at_work, 20, 40)
    assert tracked.sync().written == 1
    assert "failure.json" not in shown(tracked, at_work).files


def test_nothing_is_written_where_nothing_grew(tracked: Tracked, at_work: PhaseFolder) -> None:
    go_on(at_work, 0, 20)
    first = tracked.sync()
    assert tracked.sync() == SyncResult(unchanged=first.written)


def test_a_phase_has_the_files_that_say_everything_of_it_and_its_data(tracked: Tracked) -> None:
    phase = next(phase for phase in plan(tracked.study.leaves) if isinstance(phase, Train) and phase.role != "target")
    folder = folder_of(tracked.runs, phase)
    for name in ("environment.json", "placement.json", "ds_config.json"):
        Path(folder.path, name).write_text("{}")
    tracked.sync()
    found = shown(tracked, folder)
    assert {"phase.json", "record.json", "environment.json", "placement.json", "ds_config.json"} <= found.files.keys()
    assert found.files["phase.json"] == folder.phase_file.read_bytes()
    ((name, digest, source, profile, context),) = found.inputs
    assert (name, context, len(digest)) == ("anli", "training", 32)
    assert json.loads(source).keys() == {"path", "revision"}
    assert json.loads(profile)["num_rows"] == find.task("anli").source.published("train", "en")
