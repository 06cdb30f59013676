"""The report as a run: its files, the answer's numbers; the experiments say what they hold."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from harness.analysis.inference import results
from harness.analysis.values import Missing
from harness.run.track.projection import report_run as reports
from harness.run.track.projection.store import SyncResult
from tests.unit.run.track.folder import Tracked

FOUND = results.Contrast(0.7, (0.2, 1.2), 0.01, 0.2, 12.5, "points", ("af",), ("de",), ("udpos",), 3, False)
MEAN = results.Mean(0.9, (0.5, 1.3), 0.01, 0.2, 12.5, "points", ("af",), ("udpos",), 3, False)
INFERENCE = results.Inference(
    primary=results.Tested("slope", FOUND),
    beside=(results.Tested("gain", Missing("one task has both levels")),),
    secondary=(),
    sensitivity=(),
    verdict="low gains more",
    levels=(results.LevelMean("low", "slope", MEAN),),
    paragraph="Low-resource languages gain more: 0.7 (0.2 to 1.2).",
)


def test_the_report_is_a_run_with_every_file_and_live_projections_leave_it_alone(tracked: Tracked) -> None:
    tracked.sync()
    assert "tracked/report" not in {experiment for experiment, _ in tracked.content()}
    folder = tracked.runs / "reports" / "tracked"
    (folder / "tables").mkdir(parents=True)
    (folder / "report.html").write_text("<p>yes</p>")
    (folder / "tables" / "points.parquet").write_bytes(b"\x00\xff")
    assert tracked.sync_report() == SyncResult(written=1)
    files = tracked.content()["tracked/report", "report"].files
    assert files == {"report.html": b"<p>yes</p>", "tables/points.parquet": b"\x00\xff"}
    tracked.sync()
    assert tracked.sync_report() == SyncResult(unchanged=1)
    (folder / "report.html").write_text("<p>no</p>")
    assert tracked.sync_report() == SyncResult(written=1, deleted=1)


def test_without_a_report_there_is_an_experiment_and_no_run(tracked: Tracked) -> None:
    assert tracked.sync_report() == SyncResult()


def test_the_answer_is_in_metrics_and_words(make: Any, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("yes")
    answer = make.answer(make.study())
    answer.__dict__["inference"] = INFERENCE  # it is worked out once
    run = reports.report_run(answer, tmp_path)
    assert run is not None
    numbers = {name: value for name, value, *_ in run.metrics}
    assert numbers["contrast/slope"] == 0.7
    assert (numbers["contrast/slope_from"], numbers["contrast/slope_to"]) == (0.2, 1.2)
    assert (numbers["contrast/slope_low"], numbers["contrast/slope_low_to"]) == (0.9, 1.3)
    assert "contrast/gain" not in numbers
    assert run.tags["harness.verdict"] == "low gains more"
    for words in (reports.descriptions(answer)[kind] for kind in (reports.POINTS, reports.REPORT)):
        assert words.startswith(INFERENCE.paragraph)
        assert "low: af; high: de" in words


def test_each_experiment_says_what_it_holds(tracked: Tracked, empty: Callable[[Path], None]) -> None:
    tracked.sync()
    tracked.sync_report()
    client = MlflowClient(tracking_uri=tracked.uri)
    for name, words in (("tracked", "Split: low: af"), ("tracked/phases", "one training phase")):
        experiment = client.get_experiment_by_name(name)
        assert words in experiment.tags["mlflow.note.content"]
        assert "`tracked/report`" in experiment.tags["mlflow.note.content"]


def test_a_split_that_is_too_long_for_a_description_is_left_to_the_report(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "LONGEST_SPLIT", 10)
    words = reports.descriptions(make.answer(make.study()))
    assert "Split: differs by model; the run `report` has it." in words[reports.POINTS]


@pytest.mark.parametrize("other", [{"af": "high"}, {}])
def test_where_models_differ_the_split_of_each_is_told(make: Any, other: dict[str, Any]) -> None:
    answer = make.answer(make.study())
    first, *others = answer.points
    changed = dataclasses.replace(
        first, at=dataclasses.replace(first.at, model="another"), levels={**first.levels, **other}
    )
    words = reports.split_words(dataclasses.replace(answer, points=(changed, *others)))
    assert ("of another:" in words) == bool(other)
    assert words.endswith("English is in none.")
