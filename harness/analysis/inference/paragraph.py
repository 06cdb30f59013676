"""The answer in words: one sentence with its interval, then what each level gains, then whether it depends on how."""

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.inference.results import Contrast, Inference, Mean
from harness.analysis.inference.rows import SEEN
from harness.analysis.points.splits import Level
from harness.analysis.values import Missing

APART = {
    "not told apart": "they cannot be told apart",
    "depends on scale or task": "whether they differ depends on scale or task",
}
AHEAD: Mapping[str, tuple[Level, Level]] = {"low gains more": ("low", "high"), "high gains more": ("high", "low")}
AMONG = "Against the same compute spent on each target's own English data, "


def paragraph(found: Inference, against: Sequence[str]) -> str:
    """The paragraph for what was `found`; `against` are the analyses that do not bear the primary contrast out."""
    sentences = [_first(found), *_levels(found), *_sensitivity(found, against)]
    return " ".join(f"{sentence}." for sentence in sentences)


def interval(found: Contrast | Mean) -> str:
    """With sign, and the interval in brackets."""
    return f"{found.estimate:+.1f} {_bracket(found)}"


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _first(found: Inference) -> str:
    """The answer to the question that was asked, or why there is none and what else is known."""
    primary, gain = found.primary.finding, found.named("gain")
    if isinstance(primary, Contrast):
        return f"{_difference(found, primary)} ({_evidence(found, primary)}): {_conclusion(found)}"
    asked = "intermediate training" if found.primary.name == "gain" else "more intermediate compute"
    cannot = f"Whether {asked} helps low-resource languages more than high-resource ones cannot be said"
    if _over_target_more(found):
        cannot = f"{AMONG}{cannot[:1].lower()}{cannot[1:]}"
    cannot = f"{cannot}: {primary.reason}"
    if isinstance(gain, Missing):
        return cannot
    told = "which cannot be told from none" if gain.is_noise else "which excludes zero"
    plain = "over no intermediate training, " if _over_target_more(found) else ""
    return (
        f"{cannot}. Over the compute that there is, {plain}low-resource languages gain {_by(gain)} high-resource ones "
        f"({_evidence(found, gain)}), {told}"
    )


def _difference(found: Inference, primary: Contrast) -> str:
    by = f"by {_by(primary)}"
    if found.primary.name == "gain":
        return f"Intermediate training changes the scores of low-resource languages {by} those of high-resource ones"
    gains = f"changes the gain of low-resource languages {by} that of high-resource ones"
    told = f"Ten times the intermediate compute {gains}"
    return f"{AMONG}{told[:1].lower()}{told[1:]}" if _over_target_more(found) else told


def _by(contrast: Contrast) -> str:
    return f"{abs(contrast.estimate):.1f} points {'less' if contrast.estimate < 0 else 'more'} than"


def _evidence(found: Inference, contrast: Contrast) -> str:
    return f"low minus high {interval(contrast)}, {found.level}, {_of(contrast)}"


def _conclusion(found: Inference) -> str:
    """The verdict in words; where languages of both levels lose, who gains more is who loses less."""
    if found.verdict not in AHEAD:
        return APART[found.verdict]
    ahead, behind = AHEAD[found.verdict]
    source = "intermediate training" if found.primary.name == "gain" else "compute"
    had = {each.level: each.finding for each in found.levels if each.measure == found.primary.name}
    ours, theirs = had.get(ahead), had.get(behind)
    if isinstance(ours, Mean) and isinstance(theirs, Mean) and ours.estimate < 0 and theirs.estimate < 0:
        return f"{ahead}-resource languages lose less by {source} than {behind}-resource ones"
    return f"{ahead}-resource languages gain more from {source}"


def _over_target_more(found: Inference) -> bool:
    return found.primary.name not in ("slope", "gain")


def _levels(found: Inference) -> Iterator[str]:
    """How much each level gained, over all amounts and per tenfold compute, over no intermediate training."""
    over = " over no intermediate training" if _over_target_more(found) else ""
    said = {
        "gain": "On average over all amounts low-resource languages gain {} and high-resource ones {} points over no "
        "intermediate training",
        "slope": f"Per tenfold compute the gain{over} of low-resource languages changes by {{}} and that of "
        "high-resource ones by {} points",
    }
    for measure, sentence in said.items():
        had = {each.level: each.finding for each in found.levels if each.measure == measure}
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
        yield f"None of {others} finds a difference after Holm's correction"
    elif primary.is_noise:
        yield f"Of {others}, {_verb(against, 'finds', 'find')} a difference after Holm's correction: {_named(against)}"
    elif not against:
        yield f"{others[:1].upper()}{others[1:]} bear{'s' if len(had) == 1 else ''} this out"
    else:
        yield f"Of {others}, {_verb(against, 'does', 'do')} not bear this out: {_named(against)}"


def _named(names: Sequence[str]) -> str:
    return "; ".join(names)


def _verb(names: Sequence[str], one: str, several: str) -> str:
    return f"{len(names)} {one if len(names) == 1 else several}"


def _bracket(found: Contrast | Mean) -> str:
    return f"[{found.interval[0]:+.1f}, {found.interval[1]:+.1f}]"


def _of(found: Contrast) -> str:
    return (
        f"{len(found.low)} low against {len(found.high)} high languages in {counted(len(found.tasks), 'task')}, "
        f"{counted(found.seeds, 'seed')}"
    )
