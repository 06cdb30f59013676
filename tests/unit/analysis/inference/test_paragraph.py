"""The answer in words, for inferences made by hand."""

import dataclasses

from harness.analysis.inference.paragraph import paragraph
from harness.analysis.inference.results import Contrast, Inference, LevelMean, Mean
from harness.analysis.inference.sensitivity import Tried
from harness.analysis.inference.verdicts import corrected, verdict
from harness.analysis.values import Missing

LOW, HIGH, TASKS = ("ha", "sw", "yo"), ("de", "fr", "vi"), ("xnli", "panx", "udpos", "tatoeba")
LOST = Missing("23 of 380 scores are missing, the first: xnli/sw: not evaluated yet")


def contrast(estimate: float, margin: float, p: float) -> Contrast:
    interval = (estimate - margin, estimate + margin)
    return Contrast(estimate, interval, p, margin / 2, 4.0, "points", LOW, HIGH, TASKS, 3, False)


def mean(estimate: float) -> Mean:
    return Mean(estimate, (estimate - 1, estimate + 1), 0.1, 0.5, 2.0, "points", LOW, TASKS, 3, False)


def told(
    primary: Contrast | Missing,
    gain: Contrast | Missing,
    slopes: tuple[float, float] = (1.0, 4.1),
    **others: Contrast | Missing,
) -> str:
    sensitivity = corrected([Tried(name.replace("_", " "), finding) for name, finding in others.items()])
    concluded, against = verdict(primary, sensitivity)
    first, second = corrected([Tried("slope", primary), Tried("gain", gain)])
    levels = tuple(
        LevelMean(level, measure, mean(value))
        for level, measure, value in (
            ("low", "slope", slopes[0]),
            ("high", "slope", slopes[1]),
            ("low", "gain", 2.0),
            ("high", "gain", 5.0),
        )
    )
    found = Inference(first, (second,), (), sensitivity, concluded, "", levels=levels if primary != LOST else ())
    return paragraph(dataclasses.replace(found), against)


def test_what_cannot_be_told_apart() -> None:
    noise = contrast(-3.1, 5.9, 0.2)
    assert told(noise, noise, in_log_odds=noise, jackknife=noise, medians=LOST) == (
        "Ten times the intermediate compute changes the gain of low-resource languages by 3.1 points less than that "
        "of high-resource ones (low minus high -3.1 [-9.0, +2.8], 95 %, 3 low against 3 high languages in 4 tasks, "
        "3 seeds): they cannot be told apart. On average over all amounts low-resource languages gain +2.0 "
        "[+1.0, +3.0] and high-resource ones "
        "+5.0 [+4.0, +6.0] points over no intermediate training. Per tenfold compute the gain of low-resource "
        "languages changes by +1.0 [+0.0, +2.0] "
        "and that of high-resource ones by +4.1 [+3.1, +5.1] points. None of 2 other analyses that could be had "
        "finds a difference after Holm's correction."
    )


def test_what_holds_in_every_analysis() -> None:
    clear = contrast(3.1, 1.0, 0.001)
    found = told(clear, clear, in_log_odds=clear, jackknife=clear)
    assert "95 %, 3 low against 3 high languages in 4 tasks, 3 seeds): low-resource languages gain more" in found
    assert found.endswith("2 other analyses that could be had bear this out.")


def test_what_depends_names_what_it_depends_on() -> None:
    clear, noise = contrast(-3.1, 1.0, 0.001), contrast(0.1, 1.0, 0.8)
    found = told(clear, clear, in_log_odds=noise, jackknife=clear)
    assert "whether they differ depends on scale or task." in found
    assert found.endswith("1 does not bear this out: in log odds.")
    other = told(noise, noise, in_log_odds=clear)
    assert other.endswith("1 finds a difference after Holm's correction: in log odds.")


def test_what_is_missing_is_said_first() -> None:
    assert told(LOST, LOST) == (
        "Whether more intermediate compute helps low-resource languages more than high-resource ones cannot be said: "
        "23 of 380 scores are missing, the first: xnli/sw: not evaluated yet."
    )


def test_one_amount_of_compute_tells_the_mean_gain() -> None:
    found = told(Missing("one amount of compute"), contrast(2.0, 1.0, 0.01))
    assert found.startswith("Whether more intermediate compute helps")
    assert (
        "cannot be said: one amount of compute. Over the compute that there is, low-resource languages gain 2.0 "
        "points more than high-resource ones (low minus high +2.0 [+1.0, +3.0], 95 %, 3 low against 3 high "
        "languages in 4 tasks, 3 seeds), "
        "which excludes zero."
    ) in found


def test_where_both_lose_who_gains_more_loses_less() -> None:
    clear = contrast(4.0, 1.0, 0.001)
    found = told(clear, clear, slopes=(-4.5, -8.5))
    assert ": low-resource languages lose less by compute than high-resource ones." in found
    assert "gain more" not in found
