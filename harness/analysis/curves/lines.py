"""Lines to fit: the gains of one measure along one axis, with how seeds and languages move them.

A line along FLOPs is one series of the study. Where batch sizes took other numbers of steps for the same FLOPs, the
gains of each amount are a line along optimiser steps as well, since along FLOPs they all lie at one place.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.analysis.curves.curves import Series, by_seed, over_seeds, series_of, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.points.aggregates import parts
from harness.analysis.points.gains import Gain
from harness.analysis.points.methods import method, series
from harness.analysis.points.seeds import outermost
from harness.analysis.values import Missing, Value, mean_of_repeats, present
from harness.spec.record import Cost

Axis = Literal["flops", "steps"]
Array = NDArray[np.float64]
Key = tuple[Axis, Series, float | None]

AXIS_NAMES: Mapping[Axis, str] = {"flops": "intermediate FLOPs", "steps": "optimiser steps"}
SAME_FLOPS = 1.02  # the greatest ratio of FLOPs that count as the same


@dataclass(frozen=True)
class Profile:
    """The numbers of a line: at each of A places, gains in points.

    `x` (A,) FLOPs or steps; `seeds` the gain (A,) by seed; `languages` by language what it adds to the mean over
    languages, (A,): its deviations from the means of its tasks, with the weight that it has in the measure.
    """

    x: Array
    seeds: Mapping[str, Array]
    languages: Mapping[str, Array]

    @cached_property
    def mean(self) -> Array:
        """The mean over seeds (A,)."""
        return np.mean(list(self.seeds.values()), axis=0)  # type: ignore[no-any-return]

    @cached_property
    def over_seeds(self) -> Array:
        """The covariance (A, A) of the mean that seeds explain: of their deviations from it; 0 for one seed."""
        away = np.array([own - self.mean for own in self.seeds.values()])
        count = len(away)
        return away.T @ away / (count * (count - 1)) if count > 1 else np.zeros((len(self.x), len(self.x)))

    @cached_property
    def over_languages(self) -> Array:
        """The covariance (A, A) of the mean that languages explain, each one cluster over its tasks; 0 for one."""
        away = np.array(list(self.languages.values()))
        count = len(away)
        return count / (count - 1) * away.T @ away if count > 1 else np.zeros((len(self.x), len(self.x)))


@dataclass(frozen=True)
class Line:
    """What is fitted: `places` are the gains at each value of the axis, from few to many.

    Along steps `series` has no batch size, and `amount` is the duration that is held.
    """

    axis: Axis
    series: Series
    measure: str
    amount: float | None
    unit: str
    family: str
    method: str
    places: tuple[tuple[Gain, ...], ...]

    @property
    def label(self) -> str:
        """One readable line without the model."""
        held = f" · {self.amount:g} {self.unit}" if self.amount is not None else ""
        return self.series.label + held

    @cached_property
    def spots(self) -> tuple[tuple[Value, Estimate | Missing], ...]:
        """At each place, its FLOPs or steps, and the gain with its interval over seeds."""
        return tuple(
            (_where(self.axis, own), over_seeds(own, lambda gain: gain.aggregates[self.measure])) for own in self.places
        )

    @cached_property
    def profile(self) -> Profile | Missing:
        """The numbers behind the line; missing where any of them is."""
        places = [_where(self.axis, own) for own in self.places]
        gaps = [place for place in places if isinstance(place, Missing)]
        gaps += [
            gap for own in self.places for gain in own if isinstance(gap := gain.aggregates[self.measure], Missing)
        ]
        if gaps:
            return gaps[0]
        kind = outermost(gain.at for own in self.places for gain in own) or "target_seed"
        seeds = [by_seed(own, kind) for own in self.places]
        if any(own.keys() != seeds[0].keys() for own in seeds):
            return Missing("other seeds at some amounts than at others")
        own = {seed: np.array([_mean(at[seed], self.measure) for at in seeds]) for seed in seeds[0]}
        return Profile(np.array(present(places)), own, _by_language(self.places, self.measure))


def lines(gains: Sequence[Gain]) -> tuple[Line, ...]:
    """Every line of a study along FLOPs, then along steps, by series and then by measure."""
    on_axes = [gain for gain in gains if gain.at.on_axes and gain.point.planned.leaves]
    groups = [*_along_flops(on_axes), *_along_steps(on_axes)]
    return tuple(line for key, places in groups for line in _lines(key, places))


def steps_of(gain: Gain) -> Value:
    """The optimiser steps of the intermediate stages of a point."""
    cost = gain.point.cost.roles["intermediate"]
    return float(cost.steps) if isinstance(cost, Cost) else cost


def _lines(key: Key, places: Sequence[Sequence[Gain]]) -> Iterator[Line]:
    axis, series_, amount = key
    first = places[0][0]
    every = [gain for own in places for gain in own]
    for measure in to_show({name for name in first.aggregates if all(name in gain.aggregates for gain in every)}):
        yield Line(
            axis=axis,
            series=series_,
            measure=measure,
            amount=amount,
            unit=first.at.unit or "",
            family=series(first.point.planned.leaves[0]),
            method=method(first.point.planned),
            places=tuple(map(tuple, places)),
        )


def _along_flops(gains: Iterable[Gain]) -> Iterator[tuple[Key, list[list[Gain]]]]:
    groups: dict[Key, dict[float, list[Gain]]] = {}
    for gain in gains:
        group = groups.setdefault(("flops", series_of(gain.at), None), {})
        group.setdefault(gain.at.amount or 0.0, []).append(gain)
    for key, by_amount in groups.items():
        yield key, [by_amount[amount] for amount in sorted(by_amount)]


def _along_steps(gains: Iterable[Gain]) -> Iterator[tuple[Key, list[list[Gain]]]]:
    """Only where steps differ and FLOPs do not; `target_more` takes other steps for every target."""
    groups: dict[Key, dict[int, list[Gain]]] = {}
    for gain in gains:
        if gain.at.control != "target_more" and gain.at.batch_size is not None:
            group = groups.setdefault(("steps", series_of(gain.at, batch=False), gain.at.amount), {})
            group.setdefault(gain.at.batch_size, []).append(gain)
    for key, by_batch in groups.items():
        places = [by_batch[batch] for batch in sorted(by_batch, reverse=True)]
        steps, flops = ([_where(axis, own) for own in places] for axis in ("steps", "flops"))
        known = present(flops)
        if len(set(steps)) > 1 and known and max(known) <= SAME_FLOPS * min(known):
            yield key, places


def _where(axis: Axis, gains: Sequence[Gain]) -> Value:
    """The mean over the gains at one place of what is on the axis."""
    return mean_of_repeats([gain.point.cost.before_target if axis == "flops" else steps_of(gain) for gain in gains])


def _mean(gains: Sequence[Gain], measure: str) -> float:
    return float(np.mean(present(gain.aggregates[measure] for gain in gains)))


def _by_language(places: Sequence[Sequence[Gain]], measure: str) -> dict[str, Array]:
    """What each language adds to the measure at each place, over all of its tasks."""
    added: dict[str, Array] = {}
    for place, gains in enumerate(places):
        for gain in gains:
            cells = parts(gain.cells, gain.point.levels.get)[measure]
            for languages in cells.values():
                values = dict(zip(languages, present(languages.values()), strict=True))
                middle = sum(values.values()) / len(values)
                for language, value in values.items():
                    own = added.setdefault(language, np.zeros(len(places)))
                    own[place] += (value - middle) / (len(cells) * len(values) * len(gains))
    return added
