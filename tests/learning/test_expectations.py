"""Expectations on tables of scores: good ones raise none, and each kind of bad one is named."""

import dataclasses

import pytest

from tests.learning.expectations import CHOICE, INFERENCE, RETRIEVAL, TAGGING, Results, Scores, unmet

LANGUAGES = ("en", "ha", "hb", "hc", "la", "lb", "lc", "za", "zb", "zc")


def _table(*rows: tuple[str, float, float, float, float]) -> Scores:
    """Scores from rows of task, English, high, low and unseen."""
    return {
        task: dict(zip(LANGUAGES, (english, *[high] * 3, *[low] * 3, *[unseen] * 3), strict=True))
        for task, english, high, low, unseen in rows
    }


GOOD = Results(
    baseline=_table(
        (TAGGING, 99, 70, 57, 8), (CHOICE, 100, 78, 75, 49), (RETRIEVAL, 0, 55, 22, 1), (INFERENCE, 53, 52, 51, 52)
    ),
    unpretrained=_table((TAGGING, 98, 15, 12, 10), (CHOICE, 50, 48, 50, 49), (RETRIEVAL, 0, 2, 1, 1)),
    intermediate=_table((INFERENCE, 90, 70, 60, 50)),
    shallow=_table(
        (TAGGING, 45, 30, 30, 30), (CHOICE, 54, 54, 54, 54), (RETRIEVAL, 0, 1, 1, 1), (INFERENCE, 52, 52, 52, 52)
    ),
)


def _with(point: str, *row: tuple[str, float, float, float, float]) -> Results:
    return dataclasses.replace(GOOD, **{point: {**getattr(GOOD, point), **_table(*row)}})


def test_nothing_is_said_of_good_scores() -> None:
    assert unmet(GOOD) == []


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (_with("baseline", (TAGGING, 60, 70, 57, 8)), [f"{TAGGING}: English is not learnt: 60.0, expected 90 or more"]),
        (
            _with("baseline", (CHOICE, 99, 62, 60, 49)),
            [f"{CHOICE}: high-resource languages are guessed: 62.0, expected 10 above 54.0"],
        ),
        (
            _with("baseline", (RETRIEVAL, 0, 40, 41, 1)),
            [f"{RETRIEVAL}: low-resource languages are not below high-resource ones: 41.0, against 40.0"],
        ),
        (
            _with("baseline", (RETRIEVAL, 0, 55, 22, 12)),
            [f"{RETRIEVAL}: unseen languages are not at the floor: 12.0, against 1.0 +- 2.1"],
        ),
        (
            _with("baseline", (INFERENCE, 53, 52, 51, 20)),
            [f"{INFERENCE}: unseen languages are not at the floor: 20.0, against 52.0 +- 10.6"],
        ),
        (
            _with("unpretrained", (TAGGING, 98, 65, 50, 10)),
            [f"{TAGGING}: pretraining does not help high-resource languages: 70.0 with, 65.0 without"],
        ),
        (
            _with("intermediate", (INFERENCE, 58, 50, 50, 50)),
            [f"{INFERENCE}: toy_polarity does not help English: 58.0 with, 53.0 without"],
        ),
    ],
)
def test_what_is_not_as_it_must_be_is_named(results: Results, told: list[str]) -> None:
    assert unmet(results) == told


def test_an_unseen_language_may_score_below_a_guess_of_many_classes() -> None:
    assert unmet(_with("baseline", (TAGGING, 99, 70, 57, 0))) == []
