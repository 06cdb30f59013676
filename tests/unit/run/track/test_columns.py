"""A study shows at most so many columns, the same for every point; what is left out is said, and in the artifacts."""

import csv
import io
import json
from typing import Any

import pyarrow.parquet
import pytest

from harness.plan.sweeps.sweep import Sweep
from harness.run.track.projection.columns import MOST, columns
from harness.run.track.projection.point_runs import point_runs
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml

XTREME_R = """
name: made
models: [xlm_r/base]
intermediate: [mnli]
epochs: [1, 2]
batch_size: 8
targets: [xtreme_r]
"""


def names(run: Any) -> set[str]:
    return {name for name, *_ in run.metrics}


def test_the_whole_benchmark_has_at_most_so_many_columns_and_whole_tasks_of_them(make: Any) -> None:
    answer = make.answer(make.study(XTREME_R))
    runs = list(point_runs(answer))
    assert max(len(names(run)) for run in runs) <= MOST
    shown = columns(answer)
    assert {"xnli", "xquad", "mlqa"} <= shown.shown
    assert shown.left_out.keys() == {"panx", "udpos", "tatoeba"} - shown.shown
    for run in runs:
        languages = {name for name in names(run) if not name.startswith(("gain/", "flops/", "targets/", "xtreme"))}
        assert {name.partition("/")[0] for name in languages if name.partition("/")[2] == "sw"} <= shown.shown
        assert {"panx/score", "xnli/score", "targets/low", "flops/total", "steps/intermediate"} <= names(run)
        assert run.tags["harness.columns_left_out"] == shown.told
        assert "panx/<language>:" in shown.told
    swahili = {row["task"] for row in csv.DictReader(io.StringIO(runs[0].artifacts["scores.csv"].decode()))
               if row["language"] == "sw"}  # fmt: skip
    assert {"panx", "tatoeba", "xnli"} <= swahili


def test_all_languages_are_columns_where_the_sweep_says_so(make: Any) -> None:
    runs = list(point_runs(make.answer(make.study(XTREME_R + "mlflow: {languages: all}\n"))))
    assert {"panx/sw", "udpos/yo", "tatoeba/af"} <= names(runs[0])
    assert {run.tags["harness.columns_left_out"] for run in runs} == {""}


def test_english_dev_scores_are_logged_where_the_study_asks_for_them(make: Any) -> None:
    with_, without = (list(point_runs(make.answer(make.study(XTREME_R + own)))) for own in ("analysis: {}\n", ""))
    for run in with_:
        found = {name for name in names(run) if name.endswith("/en_dev")}
        assert found == {f"{task}/en_dev" for task in ("xnli", "xcopa", "udpos", "panx", "xquad", "mlqa", "tatoeba")}
        assert len(names(run)) <= MOST
    assert not any(name.endswith("/en_dev") for run in without for name in names(run))


def test_the_columns_do_not_depend_on_what_is_finished(make: Any) -> None:
    study = make.study(XTREME_R)
    results = make.results(study)
    whole = columns(make.answer(study, results))
    for key in [key for key, scores in results.scored.items() if scores.task in ("xnli", "udpos")]:
        del results.scored[key]
    assert columns(make.answer(study, results)) == whole


def test_how_it_is_tracked_changes_no_phase_and_a_wrong_word_is_refused(make: Any) -> None:
    studies = [make.study(XTREME_R + more) for more in ("", "mlflow: {languages: all}\n")]
    assert studies[0].leaves == studies[1].leaves
    with pytest.raises(HarnessError, match=r"mlflow\.languages"):
        from_yaml(Sweep, XTREME_R + "mlflow: {languages: some}\n", "made.yaml")
    with pytest.raises(HarnessError, match="languages"):
        from_yaml(Sweep, XTREME_R + "mlflow: {language: all}\n", "made.yaml")


def test_a_point_has_its_scores_as_csv_parquet_and_a_table_of_mlflow(make: Any) -> None:
    run = next(run for run in point_runs(make.answer(make.study())) if run.params["epochs"] == "10")
    rows = list(csv.DictReader(io.StringIO(run.artifacts["scores.csv"].decode())))
    parquet = pyarrow.parquet.read_table(io.BytesIO(run.artifacts["scores.parquet"]())).to_pylist()
    table = json.loads(run.artifacts["scores.json"]())
    assert len(rows) == len(parquet) == len(table["data"]) == 6
    place = table["columns"].index("gain")
    for row, kept, shown in zip(rows, parquet, table["data"], strict=True):
        assert float(row["gain"]) == kept["gain"] == shown[place]
        assert kept["missing"] is None
    assert json.loads(run.tags["mlflow.loggedArtifacts"]) == [{"path": "scores.json", "type": "table"}]
    assert {each.name: each.context for each in run.inputs} == {"udpos": "evaluation", "tatoeba": "evaluation"}


def test_a_point_says_what_it_cost_and_a_baseline_is_on_the_axes(make: Any) -> None:
    runs = {run.params["epochs"]: run for run in point_runs(make.answer(make.study()))}
    trained, baseline = ({name: value for name, value, *_ in runs[epochs].metrics} for epochs in ("10", "0"))
    assert trained["log10_flops/intermediate"] == 10.0
    assert trained["steps/intermediate"] == 10
    assert baseline["steps/intermediate"] == baseline["flops/intermediate"] == 0
    assert "log10_flops/intermediate" not in baseline
    assert (runs["0"].params["intermediate"], runs["0"].params["control"]) == ("none", "none")
