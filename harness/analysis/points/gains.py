"""Gains: a point minus its own baseline, or minus its `target_more`, per task and language and in aggregate."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from harness.analysis.points.aggregates import Cells, aggregate, by_task, official, parts
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value, difference
from harness.plan.sweeps.study import Coordinates

Over = Literal["none", "target_more"]  # no intermediate training; the same FLOPs spent on the target's own data
NAMES: Mapping[Over, str] = {"none": "baseline", "target_more": "target_more"}


@dataclass(frozen=True)
class Gain:
    """How much better `point` is than `baseline`, in percentage points.

    The baseline has equal seeds and, `over` none, nothing in between. Over `target_more` it has spent the same
    intermediate FLOPs on each target's own English data; a target that trains on nothing has no such baseline and no
    cells here (`without`).
    """

    point: Point
    baseline: Point
    over: Over = "none"

    @property
    def at(self) -> Coordinates:
        """The coordinates of the point."""
        return self.point.at

    @property
    def same_source(self) -> tuple[str, ...]:
        """Targets trained on data of an intermediate task."""
        return self.point.same_source

    @property
    def without(self) -> Mapping[str, str]:
        """Targets that the baseline cannot have, with the reason."""
        return dict(self.baseline.planned.absent) if self.over != "none" else {}

    @cached_property
    def cells(self) -> Cells:
        """The gain by task, then language."""
        return self._less(self.point.cells, self.baseline.cells)

    @cached_property
    def tasks(self) -> Mapping[str, Value]:
        """The gain of each task: its mean over languages."""
        return by_task(self.cells)

    @cached_property
    def aggregates(self) -> Mapping[str, Value]:
        """The gain over all targets (`score`), by resource level, and in what `aggregates.official` adds."""
        by_f1 = self._less(self.point.by_f1, self.baseline.by_f1)
        return aggregate(self.cells, self.point.levels.get) | official(self.cells, by_f1)

    def at_chance(self, measure: str) -> bool:
        """Whether every score behind the gain in `measure` is at chance, in the point and in the baseline."""
        behind = parts(self.cells, self.point.levels.get).get(measure, {})
        places = [(task, language) for task, languages in behind.items() for language in languages]
        scores = [row.scores[task][language] for row in (self.point, self.baseline) for task, language in places]
        return bool(scores) and all(not isinstance(score, Missing) and at_chance(score) for score in scores)

    def _less(self, cells: Cells, others: Cells) -> Cells:
        return {
            task: {
                language: difference(value, others[task][language], NAMES[self.over])
                for language, value in languages.items()
            }
            for task, languages in cells.items()
            if task not in self.without
        }


def gains(points: Sequence[Point], over: Over = "none") -> tuple[Gain, ...]:
    """The gain of every point that has a baseline of this kind in the study, in its order.

    Over `target_more` these are the points of the axes that are no controls, each paired with the control of the same
    coordinates: chain, amount, batch, learning rate and all seeds. None where the sweep has no such control.
    """
    at = {point.at: point for point in points}
    return tuple(Gain(point, at[other], over) for point, other in _pairs(points, over) if other in at)


def _pairs(points: Sequence[Point], over: Over) -> Iterator[tuple[Point, Coordinates]]:
    for point in points:
        if over == "none" and not point.at.is_baseline:
            yield point, point.at.baseline
        elif over == "target_more" and point.at.on_axes and point.at.control is None:
            yield point, dataclasses.replace(point.at, control="target_more")
