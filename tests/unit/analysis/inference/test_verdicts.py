"""The verdict from contrasts made by hand, and Holm's correction."""

import pytest

from harness.analysis.inference import results
from harness.analysis.inference.results import Contrast
from harness.analysis.inference.sensitivity import Tried
from harness.analysis.inference.verdicts import corrected, verdict
from harness.analysis.values import Missing

LOST = Missing("lost")


def contrast(estimate: float, margin: float = 1.0, p: float = 0.01) -> Contrast:
    interval = (estimate - margin, estimate + margin)
    return Contrast(estimate, interval, p, 0.5, 9.0, "points", ("sw",), ("de",), ("xnli",), 3, False)


UP, DOWN, NOISE = contrast(3.0), contrast(-3.0), contrast(0.2, p=0.7)


def family(**findings: Contrast | Missing) -> tuple[results.Tested, ...]:
    return corrected([Tried(name, finding) for name, finding in findings.items()])


@pytest.mark.parametrize(
    ("primary", "others", "expected", "against"),
    [
        (UP, {"a": UP, "b": UP}, "low gains more", ()),
        (DOWN, {"a": DOWN}, "high gains more", ()),
        (UP, {}, "low gains more", ()),
        (UP, {"a": UP, "b": LOST}, "low gains more", ()),
        (UP, {"a": UP, "b": NOISE}, "depends on scale or task", ("b",)),
        (UP, {"a": DOWN, "b": UP}, "depends on scale or task", ("a",)),
        (NOISE, {"a": NOISE, "b": LOST}, "not told apart", ()),
        (NOISE, {"a": UP, "b": NOISE}, "depends on scale or task", ("a",)),
        (NOISE, {"a": contrast(3.0, p=0.04), "b": NOISE}, "not told apart", ()),
        (LOST, {"a": UP}, "missing", ()),
    ],
)
def test_the_verdict(
    primary: Contrast | Missing, others: dict[str, Contrast | Missing], expected: str, against: tuple[str, ...]
) -> None:
    assert verdict(primary, family(**others)) == (expected, against)


def test_holm_counts_what_could_be_had() -> None:
    found = family(a=contrast(3.0, p=0.01), b=contrast(3.0, p=0.03), c=LOST, d=contrast(0.1, p=0.5))
    assert [each.adjusted for each in found] == [pytest.approx(0.03), pytest.approx(0.06), None, pytest.approx(0.5)]


def test_the_most_different_of_several_answers_for_their_number() -> None:
    (found,) = corrected([Tried("without one", contrast(3.0, p=0.02), of=5)])
    assert found.adjusted == pytest.approx(0.1)
    assert corrected([]) == ()
