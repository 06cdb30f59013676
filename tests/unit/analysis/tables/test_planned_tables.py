"""Planned tests are held apart from explored ones, by what was fixed before any result was there."""

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.inference.frozen import Frozen
from harness.analysis.inference.planned import EXPLORED
from harness.analysis.inference.results import Contrast
from harness.analysis.tables.planned_tables import NO_BLOCK, planned_tables
from harness.plan.sweeps.frozen import Version, content_of, digest_of
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: planned
models: [xlm_r/base]
intermediate: [anli, squad_v2, anli+squad_v2]
epochs: [1, 10]
batch_size: 8
controls: [shuffled_labels]
targets: [{task: udpos, languages: [en, af, bg, de, mr, ta, te, fr, es, tl]}]
seeds: [1, 2, 3]
split: {by: joshi, joshi_class: 3}
"""
BLOCK = "analysis: {secondary: [by_chain], collapse: null}\n"


def _score(leaf: Evaluate, language: str) -> float:
    """Gains with compute that differ a little by language, and by seed."""
    stages = list(lineage(leaf))
    amount = sum(stage.recipe.duration.amount for stage in stages if stage.role == "intermediate")
    seed = stages[0].recipe.seed
    return 50 + (1 + 0.1 * sum(map(ord, language)) % 1) * amount**0.5 + 0.1 * seed * len(language)


def _answer(make: Any, text: str, *versions: tuple[str, int]) -> Any:
    """The answer of a study that was run with analyses of such digests, with so many evaluations done by then."""
    study = make.study(text)
    found = make.answer(study, make.results(study, _score))
    if study.sweep.analysis is None:
        return found
    digest = digest_of(content_of(study))
    kept = tuple(
        Version(digest if own == "own" else own, {}, f"2026-01-0{day}T00:00:00+00:00", 3 * done, done, 90)
        for day, (own, done) in enumerate(versions, start=1)
    )
    return replace(found, frozen=Frozen(study.sweep.analysis, digest, kept))


def _rows(answer: Any) -> dict[str, tuple[str, ...]]:
    (table,) = planned_tables(answer)
    return {row[0]: row[1:] for row in table.sections[0]}


def test_what_was_fixed_before_results_is_planned_and_the_rest_explored(make: Any) -> None:
    answer = _answer(make, SWEEP + BLOCK, ("own", 0))
    rows = _rows(answer)
    assert rows["primary: slopes"][:2] == ("1", "1")
    assert rows["mean gains"][:2] == ("1", "0")
    assert rows["secondary"][1] == "3"  # one slope for each chain; mean gains and the control were not asked for
    assert rows["sensitivity"][1] == "0"


def test_a_planned_family_is_corrected_for_its_own_number(make: Any) -> None:
    planned = [each for each in _answer(make, SWEEP + BLOCK, ("own", 0)).inference.secondary if each.planned]
    found = [each.finding for each in planned]
    assert len(found) == 3 and all(isinstance(each, Contrast) for each in found)
    smallest = min(each.p for each in found)
    assert min(each.adjusted for each in planned) == pytest.approx(min(1.0, 3 * smallest))


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        (
            (("own", 5),),
            "15 of 90 phases were finished, 5 evaluations of other points than baselines among them: explored",
        ),
        ((("other", 0), ("own", 5)), "It was changed on 2026-01-02"),
        ((), "was never fixed by `harness run`"),
    ],
)
def test_what_was_fixed_after_results_is_explored_and_says_so(
    make: Any, versions: tuple[tuple[str, int], ...], said: str
) -> None:
    answer = _answer(make, SWEEP + BLOCK, *versions)
    (table,) = planned_tables(answer)
    assert {row[2] for row in table.sections[0]} == {"0"}
    assert any(said in note for note in table.notes)
    assert answer.inference.paragraph.endswith(EXPLORED)
    assert EXPLORED not in _answer(make, SWEEP + BLOCK, ("own", 0)).inference.paragraph


def test_going_back_to_what_was_fixed_first_stays_planned(make: Any) -> None:
    answer = _answer(make, SWEEP + BLOCK, ("own", 0), ("other", 5), ("own", 9))
    assert answer.inference.primary.planned


def test_without_a_block_everything_was_explored(make: Any) -> None:
    (table,) = planned_tables(_answer(make, SWEEP))
    assert {row[2] for row in table.sections[0]} == {"0"}
    assert table.notes[0] == NO_BLOCK


def test_over_target_more_the_planned_test_is_that_one(make: Any) -> None:
    text = SWEEP.replace("shuffled_labels", "target_more") + "analysis: {over: target_more, collapse: null}\n"
    found = _answer(make, text, ("own", 0)).inference
    assert (found.primary.name, found.primary.planned) == ("slope over target_more", True)
    assert not any(each.planned for each in (*found.beside, *found.sensitivity))
    assert [each.name for each in found.beside] == ["slope", "gain"]
    assert found.sensitivity[-1].name == "over no intermediate training"
    assert found.paragraph.startswith("Against the same compute spent on each target's own English data, ten times")
    assert "Per tenfold compute the gain over no intermediate training of low-resource languages" in found.paragraph


def test_corrections_of_explored_tests_count_all_of_them(make: Any) -> None:
    explored = _answer(make, SWEEP).inference.secondary
    assert len(explored) == 8
    ps = [each.finding.p for each in explored if isinstance(each.finding, Contrast)]
    assert min(each.adjusted for each in explored if each.adjusted is not None) == pytest.approx(
        min(1.0, len(ps) * min(ps))
    )


def test_the_first_sentence_answers_the_question_that_was_planned(make: Any) -> None:
    text = SWEEP + "analysis: {question: low_minus_high_gain, secondary: [by_chain], collapse: null}\n"
    answer = _answer(make, text, ("own", 0))
    found = answer.inference
    assert (found.primary.name, [each.name for each in found.beside]) == ("gain", ["slope"])
    assert found.paragraph.startswith("Intermediate training changes the scores of low-resource languages by ")
    assert {each.finding.unit for each in found.sensitivity if isinstance(each.finding, Contrast)} >= {"points"}
    assert _rows(answer)["primary: mean gains"][:2] == ("1", "1")
    assert _rows(answer)["slopes"][1] == "0"
    assert {each.name.partition(",")[0] for each in found.secondary if each.planned} == {"gain"}


def test_intervals_and_the_verdict_are_of_the_level_that_was_fixed(make: Any) -> None:
    plain = _answer(make, SWEEP + BLOCK, ("own", 0)).inference.primary.finding
    found = _answer(make, SWEEP + "analysis: {alpha: 0.001, collapse: null}\n", ("own", 0)).inference
    strict = found.primary.finding
    assert strict.p == plain.p
    assert strict.interval[0] < plain.interval[0] and strict.interval[1] > plain.interval[1]
    assert strict.is_noise == (strict.p > 0.001)
    assert "], 99.9 %, " in found.paragraph
