"""Estimates over seeds: a mean or a slope, with its 95 % interval where there are two seeds or more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over `seeds` values, and the 95 % t-interval of that mean, where there is one."""

    mean: float
    interval: tuple[float, float] | None
    seeds: int

    @property
    def text(self) -> str:
        """With sign, and the interval in brackets."""
        if self.interval is None:
            return f"{self.mean:+.1f}"
        return f"{self.mean:+.1f} [{self.interval[0]:+.1f}, {self.interval[1]:+.1f}]"

    @property
    def unsure(self) -> str:
        """Why there is no interval."""
        return "one seed" if self.seeds == 1 else "the seeds agree exactly"

    @property
    def is_noise(self) -> bool:
        """Whether the interval holds zero, or there is none."""
        return self.interval is None or self.interval[0] <= 0 <= self.interval[1]


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of one value per seed, and mean +- t s / sqrt(n) with n - 1 degrees of freedom.

    Values that are all equal have no interval: they come from one evaluation that several points share (a target
    without training of its own), or from a score too coarse to show its noise.
    """
    n = len(values)
    mean = sum(values) / n
    if len(set(values)) < 2:
        return Estimate(values[0], None, n)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    margin = quantile((1 + CONFIDENCE) / 2, n - 1) * deviation / math.sqrt(n)
    return Estimate(mean, (mean - margin, mean + margin), n)


def quantile(share: float, freedom: float) -> float:
    """The value below which a `share` of Student's t distribution with so many degrees of freedom lies."""
    return float(stdtrit(freedom, share))


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """The least-squares slope of `y` on `x`; raises ValueError unless `x` has two distinct values."""
    if len(set(x)) < 2:
        raise ValueError("a slope needs two distinct values of x")
    center = sum(x) / len(x)
    return sum((a - center) * b for a, b in zip(x, y, strict=True)) / sum((a - center) ** 2 for a in x)
