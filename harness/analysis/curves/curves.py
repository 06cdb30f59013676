"""Curves: gain against the compute of the intermediate stages, by resource level, with intervals over seeds."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.analysis.curves.estimates import Estimate, estimate, slope
from harness.analysis.points.gains import Gain
from harness.analysis.points.points import Point
from harness.analysis.points.seeds import KINDS, outermost
from harness.analysis.values import Missing, Value, mean_of_repeats, present
from harness.plan.sweeps.study import Coordinates
from harness.plan.sweeps.sweep import Control

Row = TypeVar("Row", Point, Gain)

MEASURE_NAMES = {
    "score": "all",
    "en": "en",
    "high": "high",
    "low": "low",
    "high_all_tasks": "high, all tasks",
    "low_all_tasks": "low, all tasks",
    "unseen": "unseen",
}
MEASURE_TITLES = {
    "score": "all languages",
    "en": "English",
    "high": "high-resource languages",
    "low": "low-resource languages",
    "high_all_tasks": "high-resource languages, all tasks",
    "low_all_tasks": "low-resource languages, all tasks",
    "unseen": "unseen languages",
}
MEASURES = tuple(MEASURE_NAMES)
CHANCE = "~"  # behind what is at chance


def to_show(found: Collection[str]) -> list[str]:
    """The measures to show of those `found`: a mean over all tasks only where no like-for-like one exists."""
    return [m for m in MEASURES if m in found and not ("_all_tasks" in m and m.removesuffix("_all_tasks") in found)]


@dataclass(frozen=True)
class Series:
    """What stays the same along one curve."""

    model: str
    intermediate: str
    batch_size: int | None
    learning_rate: float | None
    control: Control | None

    @property
    def label(self) -> str:
        """One readable line without the model."""
        rate = f"lr {self.learning_rate:g}" if self.learning_rate else None
        batch = f"batch {self.batch_size}" if self.batch_size is not None else None
        return " · ".join(filter(None, (self.intermediate, self.control, batch, rate)))


@dataclass(frozen=True)
class Spot:
    """One amount of compute: standalone `model` FLOPs of the intermediate phases, and the gain in points there.

    `at_chance`: every score behind that gain is at chance, with and without intermediate training.
    """

    amount: float
    flops: float | Missing
    gain: Estimate | Missing
    at_chance: bool


@dataclass(frozen=True)
class Curve:
    """Gain against FLOPs of one series for one `measure`; `slope` is points per tenfold compute.

    `seeds` says which kind of seed the intervals are taken over.
    """

    series: Series
    measure: str
    unit: str
    spots: tuple[Spot, ...]
    slope: Estimate | Missing
    seeds: str

    @property
    def at_chance(self) -> bool:
        """Whether all of its gains are between scores at chance."""
        return all(spot.at_chance for spot in self.spots)

    @property
    def verdict(self) -> str:
        """One plain sentence."""
        if self.at_chance:
            return "at chance with and without intermediate training, so its gains mean nothing"
        if isinstance(self.slope, Missing):
            return f"no slope: {self.slope.reason}{self._single}"
        if self.slope.interval is None:
            return f"{self.slope.text} points per tenfold compute; no interval: {self.slope.unsure}"
        if self.slope.is_noise:
            return f"within noise: {self.slope.text} points per tenfold compute"
        low, high = sorted(abs(end) for end in self.slope.interval)
        direction = "rises" if self.slope.mean > 0 else "falls"
        return f"gain {direction} by {abs(self.slope.mean):.1f} [{low:.1f}, {high:.1f}] points per tenfold compute"

    @property
    def _single(self) -> str:
        gains = [spot.gain for spot in self.spots if isinstance(spot.gain, Estimate)]
        return f"; gain {gains[0].text}" if len(self.spots) == len(gains) == 1 else ""


def curves(gains: Sequence[Gain]) -> tuple[Curve, ...]:
    """Every curve of a study, by series and then by measure; what is on no axis is on no curve."""
    groups: dict[Series, list[Gain]] = {}
    for gain in gains:
        if gain.at.on_axes:
            groups.setdefault(series_of(gain.at), []).append(gain)
    return tuple(
        _curve(series, group, measure)
        for series, group in groups.items()
        for measure in MEASURES
        if any(measure in gain.aggregates for gain in group)
    )


def over_seeds(rows: Sequence[Row], quantity: Callable[[Row], Value]) -> Estimate | Missing:
    """The mean of `quantity`, with an interval over the outermost kind of seed of which `rows` have several."""
    kind = outermost(row.at for row in rows) or "target_seed"
    return _estimate(_means(by_seed(rows, kind), quantity))


def series_of(at: Coordinates, batch: bool = True) -> Series:
    """The series that a point is of, of one batch size or of all."""
    return Series(at.model, at.intermediate, at.batch_size if batch else None, at.learning_rate, at.control)


def _curve(series: Series, group: Sequence[Gain], measure: str) -> Curve:
    kind = outermost(gain.at for gain in group) or "target_seed"
    amounts = sorted({gain.at.amount for gain in group if gain.at.amount is not None})
    groups = [[gain for gain in group if gain.at.amount == amount] for amount in amounts]
    cells = [by_seed(own, kind) for own in groups]
    gained = [_means(cell, lambda gain: gain.aggregates.get(measure, Missing("no such languages"))) for cell in cells]
    compute = [_means(cell, lambda gain: gain.point.cost.before_target) for cell in cells]
    spots = tuple(
        Spot(
            amount,
            mean_of_repeats(list(flops.values())),
            _estimate(means),
            all(gain.at_chance(measure) for gain in own),
        )
        for amount, own, flops, means in zip(amounts, groups, compute, gained, strict=True)
    )
    return Curve(series, measure, group[0].at.unit or "", spots, _slope(spots, compute, gained), KINDS[kind].name)


def by_seed(group: Sequence[Row], kind: str) -> dict[str, list[Row]]:
    """Points or gains by their seed of one kind, such as target_seed."""
    seeds: dict[str, list[Row]] = {}
    for row in group:
        seeds.setdefault(f"seed {getattr(row.at, kind)}", []).append(row)
    return seeds


def _means(seeds: dict[str, list[Row]], quantity: Callable[[Row], Value]) -> dict[str, Value]:
    """One value per seed: the mean of `quantity` over its rows."""
    return {seed: mean_of_repeats([quantity(row) for row in group]) for seed, group in seeds.items()}


def _estimate(means: dict[str, Value]) -> Estimate | Missing:
    whole = mean_of_repeats(list(means.values()))
    return whole if isinstance(whole, Missing) else estimate(present(means.values()))


def _slope(
    spots: Sequence[Spot], compute: Sequence[dict[str, Value]], gained: Sequence[dict[str, Value]]
) -> Estimate | Missing:
    """The mean over seeds of each seed's own slope of gain on log10 FLOPs."""
    for spot in spots:
        for value in (spot.gain, spot.flops):
            if isinstance(value, Missing):
                return value
    if len({spot.flops for spot in spots}) < 2:
        return Missing("one amount of compute")
    slopes = [
        slope([math.log10(x) for x in present(flops[seed] for flops in compute)], present(y[seed] for y in gained))
        for seed in gained[0]
    ]
    return estimate(slopes)
