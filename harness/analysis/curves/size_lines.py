"""Size lines: score and gain against model size, each line one series of models and one method; nothing joins two."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.curves.curves import MEASURES, over_seeds
from harness.analysis.curves.estimates import Estimate
from harness.analysis.points.gains import Gain
from harness.analysis.points.methods import attention, method, series
from harness.analysis.values import Missing
from harness.plan.network.size import Size, size
from harness.plan.sweeps.sweep import Control
from harness.spec.phase import architecture


@dataclass(frozen=True)
class Along:
    """What stays the same along one size line."""

    series: str
    attention: str
    method: str
    intermediate: str
    unit: str | None
    amount: float | None
    batch_size: int | None
    learning_rate: float | None
    control: Control | None

    @property
    def models(self) -> str:
        """The series and how it is trained."""
        return " · ".join((self.series, self.attention, self.method))

    @property
    def setting(self) -> str:
        """Where on the axes of the sweep it lies, without the chain."""
        rate = f"lr {self.learning_rate:g}" if self.learning_rate else None
        amount, batch = f"{self.amount:g} {self.unit}", f"batch {self.batch_size}"
        return " · ".join(filter(None, (amount, batch, rate, self.control)))


@dataclass(frozen=True)
class SizeSpot:
    """One model of a line: its score with and without intermediate training, and its gains by measure."""

    model: str
    size: Size
    score: Estimate | Missing
    baseline: Estimate | Missing
    gains: Mapping[str, Estimate | Missing]
    at_chance: Mapping[str, bool]


@dataclass(frozen=True)
class SizeLine:
    """A line with two sizes or more, from small to large."""

    along: Along
    spots: tuple[SizeSpot, ...]


def size_lines(gains: Sequence[Gain]) -> tuple[SizeLine, ...]:
    """Every size line of a study, in its order; a model without another size of its series is on none."""
    groups: dict[Along, dict[str, list[Gain]]] = {}
    for gain in gains:
        if gain.at.on_axes and gain.point.planned.leaves:
            groups.setdefault(_along(gain), {}).setdefault(gain.at.model, []).append(gain)
    lines = (SizeLine(along, _by_size(models)) for along, models in groups.items())
    return tuple(line for line in lines if len({spot.size.parameters for spot in line.spots}) > 1)


def _along(gain: Gain) -> Along:
    at, leaf = gain.at, gain.point.planned.leaves[0]
    return Along(
        series(leaf),
        attention(architecture(leaf)),
        method(gain.point.planned),
        at.intermediate,
        at.unit,
        at.amount,
        at.batch_size,
        at.learning_rate,
        at.control,
    )


def _by_size(models: Mapping[str, Sequence[Gain]]) -> tuple[SizeSpot, ...]:
    spots = (_spot(model, gains) for model, gains in models.items())
    return tuple(sorted(spots, key=lambda spot: spot.size.parameters))


def _spot(model: str, gains: Sequence[Gain]) -> SizeSpot:
    found = _found(gains)
    return SizeSpot(
        model=model,
        size=size(architecture(gains[0].point.planned.leaves[0])),
        score=over_seeds(gains, lambda gain: gain.point.aggregates["score"]),
        baseline=over_seeds(gains, lambda gain: gain.baseline.aggregates["score"]),
        gains={measure: _gained(gains, measure) for measure in found},
        at_chance={measure: all(gain.at_chance(measure) for gain in gains) for measure in found},
    )


def _gained(gains: Sequence[Gain], measure: str) -> Estimate | Missing:
    return over_seeds(gains, lambda gain: gain.aggregates[measure])


def _found(gains: Iterable[Gain]) -> list[str]:
    every = list(gains)
    return [measure for measure in MEASURES if all(measure in gain.aggregates for gain in every)]
