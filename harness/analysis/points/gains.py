"""Gains: a point minus its own baseline, per task and language and in aggregate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.analysis.points.aggregates import OFFICIAL, Cells, aggregate, by_task, parts
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value, difference
from harness.plan.sweeps.study import Coordinates


@dataclass(frozen=True)
class Gain:
    """How much better `point` is than `baseline`, of equal seeds and with nothing in between, in percentage points."""

    point: Point
    baseline: Point

    @property
    def at(self) -> Coordinates:
        """The coordinates of the point."""
        return self.point.at

    @cached_property
    def cells(self) -> Cells:
        """The gain by task, then language."""
        return {
            task: {
                language: difference(value, self.baseline.cells[task][language], "baseline")
                for language, value in languages.items()
            }
            for task, languages in self.point.cells.items()
        }

    @cached_property
    def tasks(self) -> Mapping[str, Value]:
        """The gain of each task: its mean over languages."""
        return by_task(self.cells)

    @cached_property
    def aggregates(self) -> Mapping[str, Value]:
        """The gain over all targets (`score`), by resource level, and in what `aggregates.official` adds."""
        own, other = self.point.aggregates, self.baseline.aggregates
        added = {name: difference(own[name], other[name], "baseline") for name in OFFICIAL if name in own}
        return aggregate(self.cells, self.point.levels.get) | added

    def at_chance(self, measure: str) -> bool:
        """Whether every score behind the gain in `measure` is at chance, in the point and in the baseline."""
        behind = parts(self.cells, self.point.levels.get).get(measure, {})
        places = [(task, language) for task, languages in behind.items() for language in languages]
        scores = [row.scores[task][language] for row in (self.point, self.baseline) for task, language in places]
        return bool(scores) and all(not isinstance(score, Missing) and at_chance(score) for score in scores)


def gains(points: Sequence[Point]) -> tuple[Gain, ...]:
    """The gain of every point that is no baseline, in the order of the study."""
    at = {point.at: point for point in points}
    return tuple(Gain(point, at[point.at.baseline]) for point in points if not point.at.is_baseline)
