"""The answer in words: one sentence with its interval, then what each level gains, then whether it depends on how."""

from collections.abc import Iterator, Sequence

from harness.analysis.inference.results import Contrast, Inference, LevelMean, Mean
from harness.analysis.inference.rows import SEEN
from harness.analysis.values import Missing

CONCLUSIONS = {
    "not told apart": "they cannot be told apart",
    "low gains more": "low-resource languages gain more from compute",
    "high gains more": "high-resource languages gain more from compute",
    "depends on scale or task": "whether they differ depends on scale or task",
}


def paragraph(found: Inference, against: Sequence[str]) -> str:
    """The paragraph for what was `found`; `against` are the analyses that do not bear the primary contrast out."""
    sentences = [_first(found), *_levels(found.levels), *_sensitivity(found, against)]
    return " ".join(f"{sentence}." for sentence in sentences)


def interval(found: Contrast | Mean) -> str:
    """With sign, and the 95 % interval in brackets."""
    return f"{found.estimate:+.1f} {_bracket(found)}"


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _first(found: Inference) -> str:
    primary, gain = found.primary.finding, found.gain.finding
    if isinstance(primary, Contrast):
        return (
            f"Ten times the intermediate compute changes the gain of low-resource languages by {primary.estimate:+.1f} "
            f"points more than that of high-resource ones {_bracket(primary)} (95 %, {_of(primary)}): "
            f"{CONCLUSIONS[found.verdict]}"
        )
    cannot = (
        "Whether more intermediate compute helps low-resource languages more than high-resource ones cannot be said: "
        f"{primary.reason}"
    )
    if isinstance(gain, Missing):
        return cannot
    told = "which cannot be told from none" if gain.is_noise else "which excludes zero"
    return (
        f"{cannot}. Over the compute that there is, low-resource languages gain {gain.estimate:+.1f} points more than "
        f"high-resource ones {_bracket(gain)} (95 %, {_of(gain)}), {told}"
    )


def _levels(levels: Sequence[LevelMean]) -> Iterator[str]:
    """How much each level gained, over all amounts and per tenfold compute."""
    said = {
        "gain": "On average over all amounts low-resource languages gain {} and high-resource ones {} points",
        "slope": "Per tenfold compute the gain of low-resource languages changes by {} and that of high-resource "
        "ones by {} points",
    }
    for measure, sentence in said.items():
        had = {each.level: each.finding for each in levels if each.measure == measure}
        low, high = (had.get(level) for level in SEEN)
        if isinstance(low, Mean) and isinstance(high, Mean):
            yield sentence.format(interval(low), interval(high))


def _sensitivity(found: Inference, against: Sequence[str]) -> Iterator[str]:
    primary = found.primary.finding
    had = [each for each in found.sensitivity if isinstance(each.finding, Contrast)]
    if isinstance(primary, Missing):
        return
    others = f"{len(had)} other analys{'is' if len(had) == 1 else 'es'} that could be had"
    if not had:
        yield "No other analysis could be had"
    elif primary.is_noise and not against:
        yield f"None of {others} excludes zero after Holm's correction"
    elif primary.is_noise:
        yield f"Of {others}, {_verb(against, 'excludes', 'exclude')} zero after Holm's correction: {'; '.join(against)}"
    elif not against:
        yield f"All of {others} exclude zero with the same sign"
    else:
        told = _verb(against, "does", "do")
        yield f"Of {others}, {told} not exclude zero with the same sign: {'; '.join(against)}"


def _verb(names: Sequence[str], one: str, several: str) -> str:
    return f"{len(names)} {one if len(names) == 1 else several}"


def _bracket(found: Contrast | Mean) -> str:
    return f"[{found.interval[0]:+.1f}, {found.interval[1]:+.1f}]"


def _of(found: Contrast) -> str:
    return (
        f"{len(found.low)} low against {len(found.high)} high languages in {counted(len(found.tasks), 'task')}, "
        f"{counted(found.seeds, 'seed')}"
    )
