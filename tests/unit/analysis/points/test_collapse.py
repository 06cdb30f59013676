"""Collapsed runs: found by English dev scores alone, counted, kept in every mean."""

from typing import Any

import pytest

from harness.analysis.points.collapse import runs
from harness.analysis.tables.collapse_tables import collapse_tables
from harness.analysis.values import Missing
from harness.plan.sweeps.analysis_spec import Collapse
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: collapsing
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 10]
batch_size: 8
targets:
  - {task: udpos, languages: [en, af, de]}
  - {task: tydiqa, languages: [en, bn, fi]}
  - {task: tatoeba, languages: [af, de], train: []}
seeds: [1, 2, 3]
analysis: {collapse: {below: 0.5}}
"""
CHANCE = 30.0  # of every made-up score


def _score(leaf: Evaluate, language: str) -> float:
    """One run of the longer training fell to 40 on the dev rows and 10 on all others: a quarter of the way to 70."""
    stages = list(lineage(leaf))
    fallen = len(stages) > 1 and stages[0].recipe.seed == 2 and stages[1].recipe.duration.amount == 10
    if leaf.data.split == "dev":
        return 40.0 if fallen else 70.0
    return 10.0 if fallen else 60.0


def _answer(make: Any, text: str = SWEEP, score: Any = _score) -> Any:
    study = make.study(text)
    return make.answer(study, make.results(study, score))


def test_a_run_that_falls_short_on_english_dev_is_found(make: Any) -> None:
    found = runs(_answer(make).points, Collapse(0.5))
    (collapsed,) = (run for run in found if run.collapsed)
    assert (collapsed.task, collapsed.at.amount, collapsed.at.target_seed) == ("udpos", 10, 2)
    assert collapsed.way == pytest.approx((40 - CHANCE) / (70 - CHANCE))
    assert not any(run.collapsed for run in runs(_answer(make).points, Collapse(0.2)))


def test_a_task_without_dev_rows_is_not_known_by_name_and_what_is_not_trained_is_no_run(make: Any) -> None:
    found = runs(_answer(make).points, Collapse(0.5))
    assert {run.task for run in found} == {"udpos", "tydiqa"}
    unknown = {run.task: run.way.reason for run in found if isinstance(run.way, Missing)}
    assert unknown == {"tydiqa": "no English dev rows with open labels that its head answers by itself"}


def test_a_baseline_that_collapsed_itself_is_found_among_its_seeds(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        stages = list(lineage(leaf))
        return 31.0 if len(stages) == 1 and stages[0].recipe.seed == 3 else 70.0

    found = runs(_answer(make, score=score).points, Collapse(0.5))
    (collapsed,) = (run for run in found if run.collapsed)
    assert collapsed.at.is_baseline and collapsed.at.target_seed == 3


def test_where_the_baseline_is_at_chance_nothing_is_known(make: Any) -> None:
    found = runs(_answer(make, score=lambda leaf, language: CHANCE).points, Collapse(0.5))
    reasons = {run.way.reason for run in found if run.task == "udpos" and isinstance(run.way, Missing)}
    assert reasons == {"baseline: it is at chance itself"}


def test_a_check_that_is_not_done_is_missing_with_its_reason(make: Any) -> None:
    study = make.study(SWEEP)
    results = make.results(study, _score)
    del results.records[identity(dict(study.points[0].checks)["udpos"])]
    answer = make.answer(study, results)
    assert isinstance(answer.points[0].english_dev["udpos"], Missing)
    assert answer.points[0].status == "complete"  # it is no score of the study
    reasons = {run.way.reason for run in runs(answer.points, Collapse(0.5)) if isinstance(run.way, Missing)}
    assert "baseline: not evaluated yet" in reasons


def test_the_tables_count_them_and_set_the_median_beside_the_mean(make: Any) -> None:
    answer = _answer(make)
    counts, medians = collapse_tables(answer)
    rows = {row[1]: row[3:] for row in counts.sections[0]}
    assert rows == {"none": ("6", "0", "3", ""), "anli": ("12", "1", "6", "udpos 1")}
    assert any("1 of 18 runs collapsed; all of them are kept" in note for note in counts.notes)
    assert any(note.startswith("not known of tydiqa: no English dev rows") for note in counts.notes)
    long = next(row for row in medians.sections[0] if row[1] == "10")
    at = medians.columns.index("en mean")
    assert (long[at], long[at + 1]) == ("-16.7", "+0.0")  # two of three seeds gained nothing, one lost 50 in both tasks


def test_without_collapses_there_is_no_second_table_and_without_a_block_none(make: Any) -> None:
    calm = list(collapse_tables(_answer(make, score=lambda leaf, language: 70.0)))
    assert len(calm) == 1
    plain = SWEEP.replace("analysis: {collapse: {below: 0.5}}", "")
    assert list(collapse_tables(_answer(make, plain))) == []


def test_checks_are_booked_as_evaluation_and_change_no_score(make: Any) -> None:
    with_, without = _answer(make), _answer(make, SWEEP.replace("analysis: {collapse: {below: 0.5}}", ""))
    assert [point.aggregates for point in with_.points] == [point.aggregates for point in without.points]
    assert not any(point.english_dev for point in without.points)
    checked = len({identity(check) for point in with_.points for _, check in point.planned.checks})
    more = with_.spent["evaluation"].model - without.spent["evaluation"].model
    assert more == checked * 1_000_000
