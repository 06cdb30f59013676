"""What the seeds of a study let its intervals speak of, and what no interval of it holds."""

from collections.abc import Iterable
from typing import NamedTuple

from harness.plan.sweeps.study import Coordinates, Study
from harness.spec.phase import Evaluate, lineage


class Kind(NamedTuple):
    """A kind of seed, what is `once` done where it is the outermost that varies, and what intervals then speak of."""

    name: str
    once: str = ""
    speak_of: str = ""


# Outermost first: seeds inside one replicate share more of their work, so they are averaged and not counted as several.
KINDS = {
    "pretrain_seed": Kind("pretraining"),
    "intermediate_seed": Kind("intermediate", "pretraining was done once", "these pretrained models, not of others"),
    "target_seed": Kind(
        "target",
        "pretraining and intermediate training were done once each",
        "these checkpoints, not of another run",
    ),
}


def outermost(points: Iterable[Coordinates]) -> str | None:
    """The coordinate, of those in KINDS, of the outermost kind of seed of which `points` have several."""
    points = tuple(points)
    return next((name for name in KINDS if len({getattr(at, name) for at in points} - {None}) > 1), None)


def kind_of(study: Study) -> Kind | None:
    """The kind of seed that the intervals of `study` are taken over; None where it has one of each."""
    found = outermost(point.at for point in study.points)
    return KINDS[found] if found else None


def over(study: Study) -> str:
    """The seeds that the intervals of `study` are taken over, such as "target seeds"; "one seed" where there are none.

    Paired seeds are counted by pairs.
    """
    kind = kind_of(study)
    if kind is None:
        return "one seed"
    paired = study.sweep.seeds.paired and kind.name == "intermediate"
    return "pairs of intermediate and target seeds" if paired else f"{kind.name} seeds"


def heading(study: Study) -> str:
    """What a cell of a table shows: "mean over target seeds [95 % interval]"."""
    return f"mean over {over(study)} [95 % interval]" if kind_of(study) else "one seed, no interval"


def left_out(study: Study) -> str | None:
    """What no interval of `study` holds, as one sentence; None where nothing is left out or there is no interval."""
    kind = kind_of(study)
    if kind is None or not kind.once:
        return None
    sentence = f"{kind.once}: the intervals speak of {kind.speak_of}"
    if kind.name == "intermediate" and not study.sweep.seeds.paired:
        return f"{sentence}; all of them share their baselines, whose own noise is in no interval"
    still = _untrained(study) if kind.name == "target" else ()
    if not still:
        return sentence
    verbs = "which has no training of its own, does" if len(still) == 1 else "which have no training of their own, do"
    return f"{sentence}; {', '.join(still)}, {verbs} not vary at all"


def _untrained(study: Study) -> tuple[str, ...]:
    """The targets that nothing is trained for, in the order of the study."""
    return tuple(dict.fromkeys(leaf.data.task for leaf in study.leaves if not _trained(leaf)))


def _trained(leaf: Evaluate) -> bool:
    return any(phase.role == "target" for phase in lineage(leaf))
