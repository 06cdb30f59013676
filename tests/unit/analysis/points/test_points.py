"""Points: what is measured, what is missing and why, what it cost, and what is at chance."""

import dataclasses
from typing import Any

import pytest

from harness.analysis.points.costs import add
from harness.analysis.points.language_scores import at_chance
from harness.analysis.report.report import notes_of
from harness.analysis.values import Missing
from harness.plan.dag import plan
from harness.spec.identity import identity
from harness.spec.phase import Train
from harness.spec.record import Cost, LanguageScore

GRID = """
name: grid
models: [xlm_r/base]
intermediate: [anli]
epochs: [2]
batch_size: 8
learning_rate: {grid: [1.0e-5, 2.0e-5, 4.0e-5]}
targets: [{task: udpos, languages: [en, af]}]
"""

CONTROLS = """
name: controls
models: [xlm_r/base]
intermediate: [anli]
epochs: [2]
batch_size: 8
controls: [target_more, mlm_en]
targets:
  - {task: udpos, languages: [en, af]}
  - {task: tatoeba, languages: [af, de], train: []}
"""


def test_a_finished_point_is_complete_and_a_phase_that_is_not_leaves_a_reason(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    assert {point.status for point in make.answer(study, results).points} == {"complete"}

    unscored, unfinished = (identity(leaf) for leaf in study.points[0].leaves)
    del results.scored[unscored], results.records[unfinished]
    point = make.answer(study, results).points[0]
    assert point.status == "partial"
    assert point.missing[("udpos", "yo")] == "not scored yet"
    assert point.missing[("tatoeba", "de")] == "not evaluated yet"
    assert isinstance(point.aggregates["score"], Missing)
    assert isinstance(point.cost.standalone, Missing)
    assert unfinished in point.cost.standalone.reason


def test_the_reason_of_a_missing_language_is_kept(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    key = identity(study.points[0].leaves[0])
    scores = results.scored[key]
    left = {language: score for language, score in scores.languages.items() if language != "yo"}
    results.scored[key] = dataclasses.replace(scores, languages=left, missing={"yo": "gold is hidden"})
    points = make.answer(study, results).points
    assert points[0].missing == {("udpos", "yo"): "gold is hidden"}
    assert points[0].measured


def test_marginal_costs_add_up_to_what_the_study_spent_and_standalone_ones_to_more(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    answer = make.answer(study, results)
    phases = {identity(phase) for phase in plan(study.leaves)}
    spent = sum(results.records[key].cost.model for key in phases)
    assert add({str(i): point.cost.marginal for i, point in enumerate(answer.points)}).model == spent
    assert add(answer.spent).model == spent
    assert add({str(i): point.cost.standalone for i, point in enumerate(answer.points)}).model > spent


def test_a_role_counts_each_phase_of_the_lineages_once(make: Any) -> None:
    study = make.study()
    point = make.answer(study).points[-1]
    stages = {identity(phase): phase for phase in plan(point.planned.leaves) if isinstance(phase, Train)}
    by_role = {
        role: sum(int(1e9 * stage.recipe.duration.amount) for stage in stages.values() if stage.role == role)
        for role in ("intermediate", "target")
    }
    assert point.cost.roles["intermediate"].model == by_role["intermediate"]
    assert point.cost.roles["target"].model == by_role["target"]
    assert point.cost.roles["pretrain"] == Cost()
    assert point.cost.before_target == by_role["intermediate"]


def test_the_other_rates_of_a_grid_are_booked_as_tuning(make: Any) -> None:
    answer = make.answer(make.study(GRID))
    assert [point.cost.tuning.model for point in answer.points] == [0, *[2 * 2 * 10**9] * 3]


def test_a_control_that_a_target_cannot_have_is_missing_with_the_reason(make: Any) -> None:
    answer = make.answer(make.study(CONTROLS))
    point = next(point for point in answer.points if point.at.control == "target_more")
    assert set(point.missing) == {("tatoeba", "af"), ("tatoeba", "de")}
    assert all("trains on nothing" in reason for reason in point.missing.values())
    assert not isinstance(point.tasks["udpos"], Missing)
    control = next(point for point in answer.points if point.at.control == "mlm_en")
    reference = next(p for p in answer.points if p.at == dataclasses.replace(control.at, control=None))
    assert control.cost.roles["intermediate"].model == 10**9  # its own phase, not the one it matches
    assert reference.cost.roles["intermediate"].model == 2 * 10**9


@pytest.mark.parametrize(("score", "guessed"), [(50.0, True), (59.9, True), (60.1, False), (10.0, True)])
def test_chance_reaches_two_standard_errors_up(score: float, guessed: bool) -> None:
    assert at_chance(LanguageScore({"score": score}, 50.0, 100)) is guessed  # standard error 5


ASKED = """
name: asked
models: [xlm_r/base]
intermediate: none
epochs: 1
batch_size: 8
targets: [{task: xquad, languages: [en, de]}, {task: tatoeba, languages: [de], train: []}]
"""


def test_questions_count_by_f1_too_and_retrieval_can_be_left_out(make: Any) -> None:
    study = make.study(ASKED)
    results = make.results(study)
    leaf = next(leaf for leaf in study.leaves if leaf.data.task == "xquad")
    both = {"score": 50.0, "exact_match": 40.0, "f1": 60.0}
    languages = {code: LanguageScore(both, 1.0, 100) for code in leaf.data.languages}
    results.scored[identity(leaf)] = dataclasses.replace(results.scored[identity(leaf)], languages=languages)
    (point,) = make.answer(study, results).points
    retrieved = point.cells["tatoeba"]["de"]
    assert point.aggregates["score"] == (50.0 + retrieved) / 2
    assert point.aggregates["score_f1"] == (60.0 + retrieved) / 2
    assert point.aggregates["score_without_retrieval"] == 50.0
    assert point.suites == {}


def test_a_complete_benchmark_has_its_own_means(make: Any) -> None:
    study = make.study(
        ASKED.replace("[{task: xquad, languages: [en, de]}, {task: tatoeba, languages: [de], train: []}]", "[xtreme]")
    )
    (point,) = make.answer(study).points
    assert point.suites.keys() == {"xtreme"}
    assert point.suites["xtreme"]["score"] == point.aggregates["score"]
    assert {"score_f1", "score_without_retrieval", "en", "low"} <= point.suites["xtreme"].keys()
    assert point.unofficial == {}


def test_a_part_of_a_test_set_takes_the_score_of_its_benchmark_away_and_of_no_target(make: Any) -> None:
    study = make.study(
        ASKED.replace("[{task: xquad, languages: [en, de]}, {task: tatoeba, languages: [de], train: []}]", "[xtreme]")
    )
    results = make.results(study)
    leaf = next(leaf for leaf in study.leaves if leaf.data.task == "udpos")
    scores = results.scored[identity(leaf)]
    partial = dataclasses.replace(scores.languages["en"], note="2,077 of 5,440 published rows")
    languages = {**scores.languages, "en": partial}
    results.scored[identity(leaf)] = dataclasses.replace(scores, languages=languages)
    answer = make.answer(study, results)
    (point,) = answer.points
    reason = "udpos: en: 2,077 of 5,440 published rows"
    assert point.suites["xtreme"]["score"] == point.suites["xtreme"]["score_f1"] == Missing(reason)
    assert not isinstance(point.suites["xtreme"]["low"], Missing)
    assert not isinstance(point.aggregates["score"], Missing)
    assert point.missing == {}
    assert point.unofficial == {"xtreme": "udpos/en: 2,077 of 5,440 published rows"}
    assert "xtreme/score is missing: udpos/en: 2,077 of 5,440 published rows." in notes_of(answer)
