"""Which sums of gains are an outcome: the least-squares slope on log10 compute pooled over series, or the mean."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from harness.analysis.inference.cluster_robust import Array, Ints
from harness.analysis.points.gains import Gain
from harness.analysis.values import Missing, Value, present

Measure = Literal["slope", "gain"]


def slope_weights(x: Array, series: Ints, spots: Ints) -> Array:
    """The weights of gains that give their least-squares slope on `x`, pooled over `series`; zeros where there is none.

    Gains at one spot of a series, such as those of inner seeds, count as one, at their mean: sum over series of
    sum (x - mean x)(g - mean g) / sum over series of sum (x - mean x)^2. All are (n,).
    """
    weights, squares = np.zeros(len(x)), 0.0
    for one in np.unique(series):
        own = {spot: np.flatnonzero((series == one) & (spots == spot)) for spot in np.unique(spots[series == one])}
        means = {spot: x[rows].mean() for spot, rows in own.items()}
        center = sum(means.values()) / len(means)
        for spot, rows in own.items():
            weights[rows] = (means[spot] - center) / len(rows)
            squares += (means[spot] - center) ** 2
    return weights / squares if squares > 0 else np.zeros(len(x))


def mean_weights(series: Ints, spots: Ints) -> Array:
    """The weights of gains that give their mean, each spot of each series once, (n,)."""
    _, places, counts = np.unique(np.stack([series, spots]), axis=1, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(counts) * counts[places.reshape(-1)]))


def weights(gains: Sequence[Gain], kind: str | None, measure: Measure) -> Array | Missing:
    """The weights of `gains` for each seed of `kind`, (seeds, gains).

    A series is what stays the same along one curve; how it is trained follows from its model and chain.
    """
    at = [gain.at for gain in gains]
    series = _numbered([(each.model, each.intermediate, each.batch_size, each.learning_rate) for each in at])
    spots = _numbered([each.amount for each in at])
    seeds = np.unique([getattr(each, kind) if kind else 0 for each in at], return_inverse=True)[1]
    found = np.zeros((int(seeds.max()) + 1, len(gains)))
    each_seed = [np.flatnonzero(seeds == seed) for seed in range(len(found))]
    if measure == "gain":
        for seed, own in enumerate(each_seed):
            found[seed, own] = mean_weights(series[own], spots[own])
        return found
    compute = _log_compute([gain.point.cost.before_target for gain in gains])
    if isinstance(compute, Missing):
        return compute
    for seed, own in enumerate(each_seed):
        found[seed, own] = slope_weights(compute[own], series[own], spots[own])
    return found if found.any(axis=1).all() else Missing("one amount of compute")


def _numbered(keys: Sequence[object]) -> Ints:
    """`keys` as numbers 0, 1, ... in the order of their first occurrence."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys])


def _log_compute(values: Sequence[Value]) -> Array | Missing:
    gaps = [value.reason for value in values if isinstance(value, Missing)]
    if gaps:
        return Missing(f"the compute of {len(gaps)} of {len(values)} points is missing, the first: {gaps[0]}")
    if min(present(values)) <= 0:
        return Missing("a point without intermediate compute")
    return np.array([math.log10(value) for value in present(values)])
