"""XTREME's rule for means, resource levels within tasks, and what missing values do."""

import pytest

from harness.analysis.points.aggregates import aggregate, by_task, complete_suites, of_suite, official, overall, parts
from harness.analysis.values import Missing
from harness.catalog import data, find
from harness.spec.task import Data

LEVELS = {"en": None, "af": "low", "yo": "low", "de": "high", "fr": "high", "wo": "unseen"}.get
CELLS = {
    "udpos": {"en": 90.0, "af": 60.0, "yo": 40.0, "de": 80.0, "wo": 20.0},
    "tatoeba": {"af": 30.0, "de": 50.0, "fr": 60.0},
    "xquad": {"en": 80.0, "de": 71.0},
}


def test_tasks_weigh_the_same_and_languages_within_a_task_do_english_included() -> None:
    assert by_task(CELLS) == {"udpos": 58.0, "tatoeba": pytest.approx(140 / 3), "xquad": 75.5}
    assert overall(CELLS) == pytest.approx((58.0 + 140 / 3 + 75.5) / 3)


def test_low_and_high_are_compared_within_the_tasks_that_have_both() -> None:
    found = aggregate(CELLS, LEVELS)
    assert {name: found[name] for name in found if name not in ("score", "en")} == {
        "low": (50.0 + 30.0) / 2,
        "high": (80.0 + 55.0) / 2,
        "high_all_tasks": (80.0 + 55.0 + 71.0) / 3,
        "unseen": 20.0,
    }


def test_english_is_averaged_over_the_tasks_that_have_it() -> None:
    assert aggregate(CELLS, LEVELS)["en"] == (90.0 + 80.0) / 2
    assert "en" not in aggregate({"tatoeba": CELLS["tatoeba"]}, LEVELS)
    lost = {**CELLS, "xquad": {"en": Missing("late"), "de": 71.0}}
    assert aggregate(lost, LEVELS)["en"] == Missing("xquad: en: late")


def test_levels_that_share_no_task_are_not_called_low_and_high() -> None:
    found = aggregate({"a": {"af": 10.0}, "b": {"de": 20.0}}, LEVELS)
    assert found == {"score": 15.0, "low_all_tasks": 10.0, "high_all_tasks": 20.0}


def test_the_cells_behind_each_aggregate_are_named_by_task_and_language() -> None:
    named = {name: {task: set(own) for task, own in cells.items()} for name, cells in parts(CELLS, LEVELS).items()}
    assert named == {
        "score": {task: set(languages) for task, languages in CELLS.items()},
        "en": {"udpos": {"en"}, "xquad": {"en"}},
        "low": {"udpos": {"af", "yo"}, "tatoeba": {"af"}},
        "high": {"udpos": {"de"}, "tatoeba": {"de", "fr"}},
        "high_all_tasks": {"udpos": {"de"}, "tatoeba": {"de", "fr"}, "xquad": {"de"}},
        "unseen": {"udpos": {"wo"}},
    }


def test_a_missing_value_makes_its_means_missing_by_name_and_leaves_the_others() -> None:
    cells = {**CELLS, "udpos": {**CELLS["udpos"], "yo": Missing("no predictions")}}
    found = aggregate(cells, LEVELS)
    assert found["score"] == Missing("udpos: yo: no predictions")
    assert found["low"] == Missing("udpos: yo: no predictions")
    assert found["high"] == (80.0 + 55.0) / 2
    assert found["unseen"] == 20.0


def test_languages_with_one_reason_are_named_together() -> None:
    cells = {"udpos": {"en": 1.0, "af": Missing("late"), "yo": Missing("late"), "de": Missing("lost")}}
    assert by_task(cells)["udpos"] == Missing("af, yo: late; de: lost")


def test_questions_by_f1_and_all_but_retrieval_are_means_of_their_own() -> None:
    by_f1 = {**CELLS, "xquad": {"en": 90.0, "de": 81.0}}
    assert official(CELLS, by_f1) == {
        "score_f1": pytest.approx((58.0 + 140 / 3 + 85.5) / 3),
        "score_without_retrieval": (58.0 + 75.5) / 2,
    }
    alone = {"udpos": CELLS["udpos"]}
    assert official(alone, alone) == {}


def evaluated(suite: str, **changed: Data) -> dict[str, Data]:
    """The test sets of a suite in its languages."""
    entry = find.suite(suite)
    whole = {
        task: data.dataset(task, find.task(task).evaluate_on, entry.languages.get(task, find.task(task).languages))
        for task in entry.tasks
    }
    return {**whole, **changed}


def test_a_benchmark_is_complete_in_all_its_tasks_and_languages_on_whole_test_sets() -> None:
    assert complete_suites(evaluated("xtreme")) == ("xtreme",)
    assert complete_suites({**evaluated("xtreme"), **evaluated("xtreme_r")}) == ("xtreme", "xtreme_r")
    languages = find.task("pawsx").languages
    for part in (
        data.dataset("pawsx", "test", languages[1:]),
        data.dataset("pawsx", "dev", languages),
        data.dataset("pawsx", "test", languages, limit=10),
    ):
        assert complete_suites(evaluated("xtreme", pawsx=part)) == ()
    assert complete_suites({}) == ()


def test_a_benchmark_reads_its_own_languages_of_a_wider_study() -> None:
    cells = {task: dict.fromkeys(own.languages, 1.0) for task, own in evaluated("xtreme_r").items()}
    cells |= {task: dict.fromkeys(own.languages, 1.0) for task, own in evaluated("xtreme").items() if task not in cells}
    own = of_suite(cells, "xtreme")
    assert tuple(own) == find.suite("xtreme").tasks
    assert len(own["panx"]) == 40
    assert "ro" not in own["xquad"]
