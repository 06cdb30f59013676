"""The projection into MLflow is a function of the files: repeated, it changes nothing; from nothing, it is equal."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from harness.analysis.report.report import write
from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.plan.dag import plan
from harness.run.track.projection.point_runs import point_runs
from harness.run.track.projection.store import SyncResult
from harness.run.track.results import results
from harness.run.track.tracking import sync
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import Train
from tests.unit.run.track.folder import STEPS, SWEEP, Tracked, write_runs
from tests.unit.sweeps import SCRATCH

RANDOM = SCRATCH + "controls: [no_pretraining]\n"


def test_a_projection_is_rebuilt_equal_repeated_idle_and_rewritten_where_scores_changed(tracked: Tracked) -> None:
    trained = [phase for phase in plan(tracked.study.leaves) if isinstance(phase, Train)]
    first = tracked.sync()
    assert first == SyncResult(written=len(tracked.study.points) + len(trained))
    content = tracked.content()

    rebuilt = dataclasses.replace(tracked, database="rebuilt.db")  # this process keeps the first one open
    assert rebuilt.sync() == first
    assert rebuilt.content() == content

    before = tracked.run_ids()
    assert tracked.sync() == SyncResult(unchanged=first.written)
    assert tracked.run_ids() == before

    client = MlflowClient(tracking_uri=tracked.uri)
    experiment = client.get_experiment_by_name("tracked").experiment_id
    ours = {"harness.id": next(iter(before)), "harness.runs": (tracked.runs / ".folder-id").read_text()}
    cut_short = client.create_run(experiment, tags=ours).info.run_id
    foreign = client.create_run(experiment).info.run_id
    assert tracked.sync() == SyncResult(unchanged=first.written, deleted=1)
    assert client.get_run(cut_short).info.lifecycle_stage == "deleted"
    assert client.get_run(foreign).info.lifecycle_stage == "active"
    client.delete_run(foreign)

    leaf = tracked.study.points[1].leaves[0]
    file = folder_of(tracked.runs, leaf).scores_file
    changed = json.loads(file.read_text())
    changed["languages"]["af"]["values"]["score"] += 1.5
    write_json(file, changed)
    assert tracked.sync() == SyncResult(written=1, unchanged=first.written - 1, deleted=1)
    after = tracked.run_ids()
    assert sum(after[key] != before[key] for key in before) == 1
    assert after.keys() == before.keys()


def test_points_are_the_rows_and_phases_have_the_curves(tracked: Tracked) -> None:
    tracked.sync()
    content = tracked.content()
    answer = results(tracked.runs, tracked.study, None)
    rows = [(run.params, run.metrics) for (name, _), run in content.items() if name == "tracked"]
    points = {params["epochs"]: (params, metrics) for params, metrics in rows}
    assert points.keys() == {"0", "1", "2"}
    params, metrics = points["2"]
    assert params["model_parameters"] == str(12 * 12 * 768**2)
    assert params["batch_size"] == "8"
    gain = next(gain for gain in answer.gains if gain.at.amount == 2)
    assert metrics["gain/low"][0][0] == gain.aggregates["low"]
    assert metrics["udpos/yo"][0][0] == gain.point.cells["udpos"]["yo"]
    assert metrics["flops/intermediate"][0][0] == 2e9
    assert "xtreme_r/score" not in metrics

    curves = [run.metrics for (name, _), run in content.items() if name == "tracked/phases"]
    assert all([step for _, _, step in metrics["loss"]] == list(range(STEPS)) for metrics in curves)
    assert all([step for _, _, step in metrics["grad_norm"]] == list(range(1, STEPS)) for metrics in curves)


def test_time_and_memory_of_a_training_phase_are_metrics_where_they_were_measured(tracked: Tracked) -> None:
    trained = [phase for phase in plan(tracked.study.leaves) if isinstance(phase, Train)]
    file = folder_of(tracked.runs, trained[0]).record_file
    write_json(file, {**json.loads(file.read_text()), "wall_seconds": 12.5, "peak_memory_bytes": 4096})
    tracked.sync()
    found = {key: run.metrics for (name, key), run in tracked.content().items() if name == "tracked/phases"}
    own = found.pop(identity(trained[0]))
    assert (own["wall_seconds"][0][0], own["peak_memory_bytes"][0][0]) == (12.5, 4096.0)
    assert own["wall_seconds"][0][2] == own["flops/hardware"][0][2] == 0, "of step 0 alone MLflow draws a bar"
    assert all(metrics.keys().isdisjoint({"wall_seconds", "peak_memory_bytes"}) for metrics in found.values())


def test_the_control_without_pretraining_is_a_row_with_its_difference(tmp_path: Path, make: Any) -> None:
    study = make.study(RANDOM)
    write_runs(tmp_path, study, make.results(study))
    tracked = Tracked(tmp_path, study)
    tracked.sync()
    rows = [(run.params, run.metrics) for (name, _), run in tracked.content().items() if name == "scratch"]
    ((params, metrics),) = [row for row in rows if row[0]["control"] == "no_pretraining"]
    assert (params["intermediate"], params["epochs"]) == ("none", "0")
    assert (params["batch_size"], params["learning_rate"]) == ("0", "0"), "MLflow draws none above the highest"
    assert {"gain/score", "gain/en", "targets/en", "toy_senses/en"} <= metrics.keys()
    assert metrics["flops/intermediate"][0][0] == 0


def test_a_missing_score_makes_its_means_absent_and_its_reason_present(tracked: Tracked) -> None:
    leaf = tracked.study.points[1].leaves[0]
    file = folder_of(tracked.runs, leaf).scores_file
    scores = json.loads(file.read_text())
    del scores["languages"]["yo"]
    write_json(file, {**scores, "missing": {"yo": "no predictions"}})
    tracked.sync()
    runs = [run for (name, _), run in tracked.content().items() if name == "tracked"]
    partial = [run.metrics for run in runs if run.tags["harness.status"] == "partial"]
    assert len(partial) == 1
    assert partial[0].keys().isdisjoint({"udpos/yo", "udpos/score", "targets/score", "targets/unseen", "gain/score"})
    assert {"udpos/af", "targets/low", "gain/low"} <= partial[0].keys()
    texts = [path.read_text() for path in tracked.runs.glob("mlartifacts/**/missing.txt")]
    assert texts == ["udpos/yo: no predictions\n"]


def test_an_unreachable_server_is_one_sentence(tracked: Tracked) -> None:
    answer = results(tracked.runs, tracked.study, None)
    with pytest.raises(HarnessError, match=r"MLflow at http://127\.0\.0\.1:9: .*`harness sync`"):
        sync(tracked.runs, answer, "http://127.0.0.1:9")


def test_two_run_folders_on_one_server_leave_each_other_alone(tmp_path: Path, make: Any) -> None:
    study = make.study(SWEEP)
    uri = f"sqlite:///{tmp_path}/shared.db"
    folders = [tmp_path / "mine", tmp_path / "yours"]
    for runs in folders:
        write_runs(runs, study, make.results(study))
    answers = [results(runs, study, None) for runs in folders]
    first = [sync(runs, answer, uri) for runs, answer in zip(folders, answers, strict=True)]
    assert first[0] == first[1] == SyncResult(written=first[0].written)
    for runs, answer in zip(folders, answers, strict=True):
        assert sync(runs, answer, uri) == SyncResult(unchanged=first[0].written)


def test_a_store_that_cannot_be_used_is_one_sentence(tracked: Tracked) -> None:
    answer = results(tracked.runs, tracked.study, None)
    (tracked.runs / "garbage.db").write_bytes(b"no database" * 500)
    for uri in ("postgresql://nobody@127.0.0.1:9/none", f"sqlite:///{tracked.runs}/garbage.db"):
        with pytest.raises(HarnessError, match=r"^MLflow at .*`harness sync`[^\n]*$"):
            sync(tracked.runs, answer, uri)


def test_a_database_whose_folder_cannot_be_made_is_said_at_once(tracked: Tracked) -> None:
    answer = results(tracked.runs, tracked.study, None)
    with pytest.raises(HarnessError, match=r"^MLflow at sqlite:////proc/x/y\.db: .*`harness sync`[^\n]*$"):
        sync(tracked.runs, answer, "sqlite:////proc/x/y.db")


def test_a_copied_run_folder_does_not_write_into_the_one_it_was_copied_from(tracked: Tracked, tmp_path: Path) -> None:
    tracked.sync()
    before = sorted(tracked.runs.glob("mlartifacts/*"))
    copy = Tracked(tmp_path / "copy", tracked.study)
    shutil.copytree(tracked.runs, copy.runs, ignore=shutil.ignore_patterns("copy"))
    with pytest.raises(HarnessError, match=r"mlflow\.db: was made for the run folder .*; move it and mlartifacts"):
        copy.sync()
    assert sorted(tracked.runs.glob("mlartifacts/*")) == before
    shutil.rmtree(copy.runs / "mlartifacts")
    assert Tracked(copy.runs, tracked.study, "rebuilt.db").sync().written == len(before)


def test_another_name_of_the_same_run_folder_is_no_copy(tracked: Tracked, tmp_path: Path) -> None:
    written = tracked.sync().written
    (tmp_path / "link").symlink_to(tracked.runs)
    assert Tracked(tmp_path / "link", tracked.study).sync() == SyncResult(unchanged=written)


def test_a_damaged_environment_is_missing_provenance_by_name(tracked: Tracked) -> None:
    damaged, whole = (folder_of(tracked.runs, leaf).environment_file for leaf in tracked.study.leaves[:2])
    damaged.write_text('{"packages": {')
    write_json(whole, {"packages": {"deepspeed": "0.0.0"}})
    text = write(results(tracked.runs, tracked.study, None), tracked.runs / "report").markdown.read_text()
    assert f"| missing | {damaged}: " in text
    assert "| packages.deepspeed | 0.0.0 |" in text


def test_a_lock_that_cannot_be_had_is_one_sentence(tracked: Tracked) -> None:
    (tracked.runs / ".mlflow.lock").mkdir()
    with pytest.raises(HarnessError, match=r"\.mlflow\.lock: cannot be locked \(Is a directory\); nothing is lost"):
        tracked.sync()


def test_a_benchmarks_score_on_a_part_of_a_test_set_is_not_shown_and_named(make: Any) -> None:
    study = make.study("name: made\nmodels: [xlm_r/base]\nintermediate: none\ntargets: [xtreme]\n")
    results = make.results(study)
    (whole,) = point_runs(make.answer(study, results))
    key, scores = next((key, scores) for key, scores in results.scored.items() if scores.task == "udpos")
    english = dataclasses.replace(scores.languages["en"], note="1 of 2 published rows")
    results.scored[key] = dataclasses.replace(scores, languages={**scores.languages, "en": english})
    (run,) = point_runs(make.answer(study, results))
    lost = {name for name, *_ in whole.metrics} - {name for name, *_ in run.metrics}
    assert {"xtreme/score", "xtreme/en"} <= lost <= {name for name, *_ in whole.metrics if name.startswith("xtreme/")}
    assert run.artifacts["missing.txt"] == b"xtreme/score: udpos/en: 1 of 2 published rows\n"
