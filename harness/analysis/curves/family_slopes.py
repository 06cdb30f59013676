"""One slope for each family of models and method: what a tenfold of compute buys within its lines, pooled over them.

Every line has a level of its own, so that lines of several sizes, chains and batches are compared within themselves
alone: slope = sum over lines of sum (x - x.)(g - g.) / sum over lines of sum (x - x.)^2, with x = log10 of compute.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.curves.estimates import CONFIDENCE, Estimate, quantile
from harness.analysis.curves.fits import LEAST_RSS
from harness.analysis.curves.lines import Array, Axis, Line, Profile
from harness.analysis.values import Missing


@dataclass(frozen=True)
class FamilySlope:
    """Points of gain per tenfold compute, of a family and a method, over `lines` lines; its interval is over seeds and
    languages, as of the bands of fits.
    """

    axis: Axis
    family: str
    method: str
    control: str | None
    measure: str
    lines: int
    slope: Estimate | Missing


def family_slopes(every: Iterable[Line]) -> tuple[FamilySlope, ...]:
    """The slope of each family, method, control and measure along each axis, in the order of the lines."""
    groups: dict[tuple[Axis, str, str, str | None, str], list[Line]] = {}
    for line in every:
        key = (line.axis, line.family, line.method, line.series.control, line.measure)
        groups.setdefault(key, []).append(line)
    return tuple(FamilySlope(*key, len(own), _pooled(own)) for key, own in groups.items())


def _pooled(own: Sequence[Line]) -> Estimate | Missing:
    profiles = [line.profile for line in own]
    if gaps := [found for found in profiles if isinstance(found, Missing)]:
        return gaps[0]
    known = [found for found in profiles if not isinstance(found, Missing) and found.x.min() > 0]
    away = [np.log10(found.x) - np.log10(found.x).mean() for found in known]
    spread = sum(float(np.sum(x**2)) for x in away)
    if not spread:
        return Missing("one amount of compute")
    if any(found.seeds.keys() != known[0].seeds.keys() for found in known):
        return Missing("other seeds in some lines than in others")
    pairs = list(zip(known, away, strict=True))
    by_seed = [sum(float(x @ found.seeds[seed]) for found, x in pairs) / spread for seed in known[0].seeds]
    names = dict.fromkeys(name for found in known for name in found.languages)
    by_language = [sum(_of(found, name, x) for found, x in pairs) / spread for name in names]
    return _estimate(by_seed, by_language)


def _of(found: Profile, language: str, away: Array) -> float:
    return float(away @ found.languages[language]) if language in found.languages else 0.0


def _estimate(by_seed: Sequence[float], by_language: Sequence[float]) -> Estimate:
    """The mean over seeds; `by_language` is what each language adds to it."""
    mean, seeds, languages = sum(by_seed) / len(by_seed), len(by_seed), len(by_language)
    varying = [(float(np.var(by_seed, ddof=1)) / seeds, seeds - 1)] if seeds > 1 else []
    if languages > 1:
        varying.append((languages / (languages - 1) * float(np.sum(np.square(by_language))), languages - 1))
    whole = sum(found for found, _ in varying)
    if whole < LEAST_RSS:
        return Estimate(mean, None, seeds)
    freedom = whole**2 / sum(found**2 / freedom for found, freedom in varying)
    margin = quantile((1 + CONFIDENCE) / 2, freedom) * math.sqrt(whole)
    return Estimate(mean, (mean - margin, mean + margin), seeds)
