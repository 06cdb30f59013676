"""Places of a study: the points that differ in seeds alone, over which a table has one row."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import over_seeds
from harness.analysis.curves.estimates import Estimate
from harness.analysis.points.gains import Gain
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value, mean_of_repeats
from harness.plan.sweeps.study import Coordinates


@dataclass(frozen=True)
class Place:
    """The points that differ in seeds alone, and their gains; none for a baseline."""

    at: Coordinates
    points: tuple[Point, ...]
    gains: tuple[Gain, ...]

    def mean(self, quantity: Callable[[Point], Value]) -> Value:
        """The mean over seeds."""
        return mean_of_repeats([quantity(point) for point in self.points])

    def gained(self, quantity: Callable[[Gain], Value]) -> Estimate | Missing | None:
        """The mean over seeds with its interval; None for a baseline."""
        return over_seeds(self.gains, quantity) if self.gains else None


def places(answer: Answer) -> list[Place]:
    """Every place, in the order of the study."""
    gains = {gain.at: gain for gain in answer.gains}
    together: dict[Coordinates, list[Point]] = {}
    for point in answer.points:
        together.setdefault(_without_seeds(point.at), []).append(point)
    return [
        Place(at, tuple(points), tuple(gains[point.at] for point in points if point.at in gains))
        for at, points in together.items()
    ]


def _without_seeds(at: Coordinates) -> Coordinates:
    return dataclasses.replace(at, pretrain_seed=0, target_seed=0, intermediate_seed=None)
