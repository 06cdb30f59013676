"""Which runs collapsed: by a rule on English dev scores that is fixed before the first phase."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from harness.analysis.points.language_scores import Score, at_chance
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value, present
from harness.plan.sweeps.analysis_spec import Collapse
from harness.plan.sweeps.study import Coordinates

Place = tuple[str, str]  # model, target


@dataclass(frozen=True)
class Run:
    """One target of one point: how far its English dev score has come from chance to the baseline's, 1 if as far.

    Missing where that cannot be told, with the reason.
    """

    at: Coordinates
    task: str
    way: Value
    rule: Collapse

    @property
    def collapsed(self) -> bool:
        """Whether it is known to have come less far than the rule asks for."""
        return not isinstance(self.way, Missing) and self.way < self.rule.below


def runs(points: Sequence[Point], rule: Collapse) -> tuple[Run, ...]:
    """Every target that is trained of every point, in the order of the study.

    The baseline's score is the median over the baselines of that model, so that one of them that collapsed itself
    hides nothing, and is found.
    """
    reference = _references(points)
    return tuple(
        Run(point.at, task, _way(score, reference.get((point.at.model, task), Missing("no baseline"))), rule)
        for point in points
        for task, score in point.english_dev.items()
    )


def _references(points: Iterable[Point]) -> Mapping[Place, Value]:
    """By model and target, the median over baselines of their score above chance, if it is above it at all."""
    found: dict[Place, list[Score]] = {}
    for point in points:
        if point.at.is_baseline:
            for task, score in point.english_dev.items():
                found.setdefault((point.at.model, task), []).append(score)
    return {place: _reference(scores) for place, scores in found.items()}


def _above_chance(score: Score) -> Value:
    return score if isinstance(score, Missing) else score.values["score"] - score.chance


def _reference(scores: Sequence[Score]) -> Value:
    known = [score for score in scores if not isinstance(score, Missing)]
    gap = next((score for score in scores if isinstance(score, Missing)), None)
    if gap is None and 2 * sum(map(at_chance, known)) >= len(known):
        return Missing("it is at chance itself")
    return gap or median(present(map(_above_chance, known)))


def _way(score: Score, reference: Value) -> Value:
    above = _above_chance(score)
    if isinstance(above, Missing):
        return above
    if isinstance(reference, Missing):
        return Missing(f"baseline: {reference.reason}")
    return above / reference
