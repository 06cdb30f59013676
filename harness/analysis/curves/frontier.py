"""The Pareto frontier of a study, and the compute that it takes to reach a gain.

A row of the study is on the frontier if no other has at least its score for at most its compute, and more of one of
them: by means over seeds, since both are noisy. Reaching a gain is read off between the amounts that were spent, on a
straight line in the logarithm of compute; nothing is said beyond them. Its interval has the compute at which the upper
and the lower ends of the intervals of the gains reach it.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.curves.curves import MEASURES, Curve, Row, over_seeds
from harness.analysis.curves.estimates import Estimate
from harness.analysis.points.costs import model_flops
from harness.analysis.points.gains import Gain
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value, mean_of_repeats
from harness.plan.sweeps.study import Coordinates
from harness.plan.sweeps.sweep import Control

SHOWN: tuple[Control | None, ...] = (None, "target_more", "mlm_en")  # the others are no way to spend compute well
ROUND = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)  # points of gain to ask for


@dataclass(frozen=True)
class Spent:
    """A row of the study over its seeds: its compute in model FLOPs, and its score or gain in points.

    `at` are the coordinates of its first seed. `on_frontier` is None where either number is missing.
    """

    at: Coordinates
    flops: Value
    value: Estimate | Missing
    on_frontier: bool | None


@dataclass(frozen=True)
class Frontier:
    """All rows of one measure, from little compute to much, those that miss a number last."""

    measure: str
    rows: tuple[Spent, ...]


@dataclass(frozen=True)
class Reached:
    """The compute at which a curve reaches a gain; `soonest` and `latest` by the ends of its intervals.

    Each is missing, with the reason, where the gain is not reached within what was spent, or that end is not known;
    `from_start` says that the least amount spent has it already, so that less may do.
    """

    gain: float
    flops: Value
    soonest: Value
    latest: Value
    from_start: bool


def score_frontiers(points: Sequence[Point]) -> tuple[Frontier, ...]:
    """By measure: the score against the standalone FLOPs of the whole point, baselines included."""
    shown = _together([point for point in points if point.at.control in SHOWN])
    return _frontiers(shown, lambda point: point.aggregates, lambda point: model_flops(point.cost.standalone))


def gain_frontiers(gains: Sequence[Gain]) -> tuple[Frontier, ...]:
    """By measure: the gain against the FLOPs of the intermediate stages; a gain of 0 is to be had for none."""
    shown = _together([gain for gain in gains if gain.at.on_axes and gain.at.control in SHOWN])
    return _frontiers(shown, lambda gain: gain.aggregates, lambda gain: gain.point.cost.before_target, [(0.0, 0.0)])


def round_gains(curves: Iterable[Curve], most: int = 3) -> tuple[float, ...]:
    """Up to `most` round gains that some curve reaches, the greatest of them."""
    means = [spot.gain.mean for curve in curves for spot in curve.spots if isinstance(spot.gain, Estimate)]
    return tuple(gain for gain in ROUND if gain <= max(means, default=0.0))[-most:]


def reach(curve: Curve, gain: float) -> Reached:
    """The compute at which `curve` first has a gain of so many points."""
    spots = [(spot.flops, spot.gain) for spot in curve.spots]
    for flops, found in spots:
        for value in (flops, found):
            if isinstance(value, Missing):
                return Reached(gain, value, value, value, False)
    known = [(x, y) for x, y in spots if isinstance(y, Estimate) and not isinstance(x, Missing)]
    ends = [(x, y.interval) for x, y in known if y.interval]
    unsure = Missing("no interval") if len(ends) < len(known) else None
    upper, lower = ([(x, interval[end]) for x, interval in ends] for end in (1, 0))
    return Reached(
        gain=gain,
        flops=_crossing([(x, y.mean) for x, y in known], gain),
        soonest=unsure or _crossing(upper, gain),
        latest=unsure or _crossing(lower, gain),
        from_start=bool(known) and known[0][1].mean >= gain,
    )


def _crossing(spots: Sequence[tuple[float, float]], gain: float) -> Value:
    """The FLOPs at which a line through `spots` first reaches `gain`."""
    before: tuple[float, float] | None = None
    for flops, value in spots:
        if value >= gain:
            if before is None or flops <= 0:
                return flops
            share = (gain - before[1]) / (value - before[1])
            return 10 ** (math.log10(before[0]) + share * (math.log10(flops) - math.log10(before[0])))
        before = flops, value
    return Missing("not reached")


def _frontiers(
    rows: Sequence[Sequence[Row]],
    values: Callable[[Row], Mapping[str, Value]],
    flops: Callable[[Row], Value],
    besides: Sequence[tuple[float, float]] = (),
) -> tuple[Frontier, ...]:
    """The frontier of each measure; `rows` are the seeds of each row, `besides` what else must be beaten."""

    def spent(seeds: Sequence[Row], measure: str) -> Spent:
        compute = mean_of_repeats([flops(row) for row in seeds])
        return Spent(seeds[0].at, compute, over_seeds(seeds, lambda row: values(row)[measure]), None)

    found = (
        Frontier(measure, _sorted([spent(seeds, measure) for seeds in rows if _has(seeds, values, measure)], besides))
        for measure in MEASURES
    )
    return tuple(frontier for frontier in found if frontier.rows)


def _has(seeds: Sequence[Row], values: Callable[[Row], Mapping[str, Value]], measure: str) -> bool:
    return all(measure in values(row) for row in seeds)


def _sorted(rows: Sequence[Spent], besides: Sequence[tuple[float, float]]) -> tuple[Spent, ...]:
    """From little compute to much, told which are on the frontier; what misses a number is last."""
    known = [*besides, *(place for row in rows if (place := _place(row)))]
    told = [
        dataclasses.replace(
            row, on_frontier=None if place is None else not any(_beats(other, place) for other in known)
        )
        for row in rows
        for place in [_place(row)]
    ]
    return tuple(sorted(told, key=lambda row: (row.on_frontier is None, _place(row) or (0.0, 0.0))))


def _place(row: Spent) -> tuple[float, float] | None:
    if isinstance(row.flops, Missing) or isinstance(row.value, Missing):
        return None
    return row.flops, row.value.mean


def _beats(other: tuple[float, float], own: tuple[float, float]) -> bool:
    return other[0] <= own[0] and other[1] >= own[1] and other != own


def _together(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows that differ by their seeds alone, together."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        at = row.at
        key = (at.model, at.intermediate, at.unit, at.amount, at.batch_size, at.learning_rate, at.control)
        found.setdefault(key, []).append(row)
    return list(found.values())
