"""Published figures against a study: what is compared with what, and what never is."""

import dataclasses
from typing import Any

import pytest

from harness.analysis.points.claims import Held, hold
from harness.analysis.tables.claims_table import claims_tables, held_tables, notes, plain
from harness.analysis.values import Missing
from harness.spec.claim import Claim
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: held
models: [xlm_r/base]
intermediate: [mnli]
epochs: [1, 2]
batch_size: 8
targets: [xnli, {task: xquad, languages: [en, de, ru]}]
seeds: [1, 2]
"""
OURS = Claim("a paper", "xlm_r/base", "xnli", 62.0, "test", "seen", suite="xtreme")


def score(leaf: Evaluate, language: str) -> float:
    """English is better by 4 points; every epoch buys one."""
    epochs = sum(stage.recipe.duration.amount for stage in lineage(leaf) if stage.role == "intermediate")
    return 60.0 + 4.0 * (language == "en") + epochs


@pytest.fixture
def study(make: Any) -> Any:
    made = make.study(SWEEP)
    results = make.results(made, score)
    for leaf in made.leaves:
        if leaf.data.task == "xquad":
            own = results.scored[identity(leaf)]
            both = {
                code: dataclasses.replace(one, values={"score": 50.0, "f1": 55.0, "exact_match": 45.0})
                for code, one in own.languages.items()
            }
            results.scored[identity(leaf)] = dataclasses.replace(own, languages=both)
    return make.answer(made, results)


def held(answer: Any, tolerance: float | None = None, **changed: Any) -> Held:
    (found,) = hold(answer.points, answer.gains, [dataclasses.replace(OURS, **changed)], tolerance)
    return found


def test_a_figure_is_held_against_the_mean_over_the_languages_of_its_suite(study: Any) -> None:
    found = held(study)
    assert found.ours == pytest.approx(60.0 + 4.0 / 15)
    assert found.difference == pytest.approx(60.0 + 4.0 / 15 - 62.0)
    assert found.within is None
    assert held(study, language="en").ours == 64.0


def test_a_gain_is_over_all_durations_and_its_ends_are_told(study: Any) -> None:
    found = held(study, kind="gain", after="mnli", value=2.0)
    assert (found.ours, found.settings, found.least, found.most) == (1.5, 2, 1.0, 2.0)
    assert found.difference == -0.5


def test_a_gap_is_english_less_the_mean_of_the_others(study: Any) -> None:
    assert held(study, kind="gap", value=10.0).ours == pytest.approx(4.0)


def test_questions_are_compared_value_by_value(study: Any) -> None:
    found = held(study, task="xquad", name="exact_match", suite=None)
    assert found.ours == 45.0
    assert found.claim.measure == "xquad/em"


def test_a_tolerance_decides_on_verified_figures_of_test_sets_alone(study: Any) -> None:
    assert held(study, 2.0).within is True
    assert held(study, 1.0).within is False
    for provenance in ("memory", "mixed"):
        assert held(study, 2.0, provenance=provenance).within is None
        assert held(study, 2.0, provenance=provenance).difference is not None


def test_dev_and_test_are_never_compared(study: Any) -> None:
    found = held(study, 5.0, split="dev")
    assert found.why_not == "theirs is dev, ours is test"
    assert found.ours == pytest.approx(60.0 + 4.0 / 15)
    assert (found.difference, found.within) == (None, None)
    (table,) = held_tables([found])
    assert table.sections[0][0][-1] == "not compared: theirs is dev, ours is test"


def test_a_part_is_not_compared_with_the_whole(study: Any, make: Any) -> None:
    assert held(study, task="xquad", name="f1").why_not == "ours has no xquad in 8 languages"
    cut = make.answer(make.study(SWEEP.replace("[xnli,", "[{task: xnli, limit: 10},")))
    assert held(cut).why_not == "ours is the first 10 rows of xnli"
    short = make.answer(make.study(SWEEP.replace("[xnli,", "[{task: xnli, train_limit: 100},")))
    assert held(short).why_not == "ours trains on the first 100 rows of xnli"
    assert held(study, apart="theirs is by another protocol").why_not == "theirs is by another protocol"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"model": "xlm_r/large"}, "no xlm_r/large in the study"),
        ({"after": "squad_v2"}, "no xlm_r/base after squad_v2"),
        ({"task": "panx"}, "panx not evaluated"),
        ({"task": "xquad", "language": "zh"}, "xquad not evaluated in zh"),
        ({"task": "xtreme"}, "7 tasks not evaluated"),
        ({"kind": "share"}, "a part of a gain by selection"),
    ],
)
def test_a_figure_without_a_counterpart_says_why_and_is_counted(study: Any, changed: Any, reason: str) -> None:
    found = held(study, 1.0, **changed)
    assert found.absent == reason
    assert found.within is None
    assert list(held_tables([found])) == []
    assert next(notes([found], None, False)).startswith("1 of 1 published figures have no counterpart")
    (table,) = held_tables([found], every=True)
    assert table.sections[0][0][-1] == f"no counterpart: {reason}"


def test_what_is_not_scored_is_missing_and_not_zero(make: Any) -> None:
    made = make.study(SWEEP)
    results = make.results(made, score)
    for leaf in made.leaves:
        del results.scored[identity(leaf)]
    found = held(make.answer(made, results), 100.0)
    assert isinstance(found.ours, Missing)
    assert (found.difference, found.within) == (None, None)
    assert plain(found)["ours"] is None
    assert "not scored yet" in str(plain(found)["reason"])


def test_a_study_of_other_models_has_no_table(make: Any) -> None:
    answer = make.answer(make.study())
    assert list(claims_tables(answer, [dataclasses.replace(OURS, model="bert")])) == []
