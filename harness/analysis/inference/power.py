"""What a study could find, before any of it is run: the smallest difference that it detects, and what limits it.

The contrast is that of the analysis: least squares on a dummy for low-resource languages and one for each model and
task, errors clustered on language. For given spreads its variance is a' S a, where a are the weights of the design.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log10, sqrt

import numpy as np
from scipy.special import fdtri, gammaincinv, ndtr, stdtrit

from harness.analysis.inference.cluster_robust import GATE, Array, Design, Ints, design, within
from harness.analysis.values import Missing
from harness.plan.sweeps.analysis_spec import AnalysisSpec, Over, Question, Spreads
from harness.plan.sweeps.study import Study

WANTED = 0.8  # the power at which a difference counts as detectable
TIMES = (1, 2, 3, 5, inf)  # the seeds as planned, and more
QUANTILES, FINE = ((np.arange(count) + 0.5) / count for count in (100, 400))
FURTHER = 1.0  # of log10 compute, the one amount more that is tried


@dataclass(frozen=True)
class Cell:
    """One language of one task of one model: whether it is low-resource, and how many test items it has, if known."""

    model: str
    task: str
    language: str
    low: bool
    items: int | None


@dataclass(frozen=True)
class Layout:
    """What of a study decides its power; `amounts` are log10 of compute, but for a constant.

    `series`, `runs` of one point and `baselines` are those of one model; `seeds` counts the outermost kind.
    """

    cells: tuple[Cell, ...]
    amounts: tuple[float, ...]
    series: int
    seeds: int
    runs: int
    baselines: int
    question: Question
    over: Over = "none"

    def noise(self, amounts: Sequence[float], times: float) -> float:
        """How many times the variance of a single score the noise of an outcome is, with `times` as many seeds."""
        if self.question == "low_minus_high_gain":
            return 1 / (times * self.series * self.runs * len(amounts)) + 1 / (times * self.baselines)
        center = sum(amounts) / len(amounts)
        scores = 1 if self.over == "none" else 2  # the control differs by amount, too, so that it does not cancel out
        return scores / (times * self.series * self.runs * sum((x - center) ** 2 for x in amounts))


@dataclass(frozen=True)
class Case:
    """The study with so many seeds and amounts: standard error, detectable difference, `power` at the stated one."""

    name: str
    seeds: float
    amounts: int
    error: float
    detectable: float
    power: float


@dataclass(frozen=True)
class Power:
    """What a study as planned could find, and with more seeds or amounts; `shares` of its variance add up to 1."""

    spec: AnalysisSpec
    layout: Layout
    cases: tuple[Case, ...]
    shares: Mapping[str, float]


def layout(study: Study, cells: Sequence[Cell], question: Question, over: Over = "none") -> Layout | Missing:
    """The layout of `study`, of whose `cells` those count that are in tasks with both levels.

    `over` target_more, tasks that train on nothing have no such control and do not count.
    """
    absent = {task for point in study.points if point.at.control == over for task, _ in point.absent}
    cells = [cell for cell in cells if cell.task not in absent]
    levels: dict[tuple[str, str], set[bool]] = {}
    for cell in cells:
        levels.setdefault((cell.model, cell.task), set()).add(cell.low)
    kept = tuple(cell for cell in cells if len(levels[cell.model, cell.task]) > 1)
    amounts = tuple(log10(amount) for amount in study.sweep.axis[1])
    if not kept:
        return Missing("no task has both low- and high-resource languages")
    if len(amounts) < 2 and question == "low_minus_high_slope":
        return Missing("one amount of compute has no slope")
    own = [point.at for point in study.points if point.at.model == study.points[0].at.model and not point.at.control]
    swept = [at for at in own if at.on_axes]
    if not swept:
        return Missing("no intermediate training is planned")
    runs = {(at.pretrain_seed, at.intermediate_seed, at.target_seed) for at in swept}
    series = {(at.intermediate, at.batch_size, at.learning_rate) for at in swept}
    kinds = (len(set(kind)) for kind in zip(*runs, strict=True))
    outermost = next((count for count in kinds if count > 1), 1)
    baselines = sum(at.is_baseline for at in own)
    return Layout(kept, amounts, len(series), outermost, len(runs), baselines, question, over)


def power(found: Layout, spec: AnalysisSpec) -> Power | Missing:
    """The cases of `found` under the spreads that `spec` assumes."""
    try:
        maps = design_of(found)
    except ValueError:
        return Missing("within each task the languages are alike in it")
    if maps.alone or maps.dof <= 0:
        return Missing("alone of its kind is a language, so that how far languages differ could not be seen")
    return Power(spec, found, tuple(_cases(found, maps, spec)), _shares(found, maps, spec.power))


def design_of(found: Layout) -> Design:
    """The design of the contrast; raises ValueError where it cannot tell levels apart."""
    blocks = _numbered([(cell.model, cell.task) for cell in found.cells])
    low = np.array([float(cell.low) for cell in found.cells])
    columns = within(blocks, low)
    return design(columns, np.eye(columns.shape[1])[0], _numbered([cell.language for cell in found.cells]))


def variances(found: Layout, maps: Design, spreads: Spreads, noise: float) -> dict[str, float]:
    """What each source adds to the variance of the contrast; `noise` is that of an outcome, of one of a score."""
    a = maps.weights
    by_language = np.bincount(_numbered([cell.language for cell in found.cells]), weights=a)
    single = float(noise * spreads.run**2 * np.sum(a**2))
    return {
        "languages": float(spreads.language**2 * np.sum(by_language**2) + spreads.cell**2 * np.sum(a**2)),
        "seeds": single + _shock(found, maps, spreads, noise),
        "test items": float(noise * np.sum(a**2 * item_variances(found, spreads))),
    }


def item_variances(found: Layout, spreads: Spreads) -> Array:
    """Of each cell, the variance in squared points that a score has because its items are answered anew.

    The binomial one, less what two checkpoints have in common because they answer the same items.
    """
    items = np.array([cell.items or spreads.items for cell in found.cells])
    return np.asarray(1e4 * spreads.right * (1 - spreads.right) * (1 - spreads.paired) / items)


def _cases(found: Layout, maps: Design, spec: AnalysisSpec) -> Iterator[Case]:
    for times in TIMES:
        name = "as planned" if times == 1 else "seeds without end" if times == inf else f"{times:g} times the seeds"
        yield _case(name, found, maps, spec, found.amounts, times)
    if len(found.amounts) > 1:
        pairs = zip(found.amounts, found.amounts[1:], strict=False)
        denser = (*found.amounts, *((one + other) / 2 for one, other in pairs))
        wider = (*found.amounts, max(found.amounts) + FURTHER)
        yield _case("an amount more between any two", found, maps, spec, denser)
        yield _case("one amount more, ten times the largest", found, maps, spec, wider)


def _case(
    name: str, found: Layout, maps: Design, spec: AnalysisSpec, amounts: Sequence[float], times: float = 1
) -> Case:
    noise = found.noise(amounts, times)
    parts = variances(found, maps, spec.power, noise)
    shock = _shock(found, maps, spec.power, noise)
    test = _Test(maps.dof, sum(parts.values()), parts["seeds"] + parts["test items"], shock, found.seeds * times)
    error = sqrt(test.variance)
    stated = test.power(spec.difference, spec.alpha) if error else 1.0
    return Case(name, test.seeds, len(amounts), error, test.detectable(spec.alpha) if error else 0.0, stated)


@dataclass(frozen=True)
class _Test:
    """The test of the analysis (`cluster_robust.found`) at expected variances of the contrast.

    `between` is what seeds as they differ add to the `variance`, a `shock` to a whole level among it, which languages
    do not show. The test adds it where it sees it, by a gate that opens by accident, too.
    """

    dof: float
    variance: float
    between: float
    shock: float
    seeds: float

    def power(self, difference: float, alpha: float) -> float:
        """How often a true `difference` excludes zero, over the quantiles of what seeds are seen to differ by."""
        by_languages = self.variance - self.shock
        seen, dof = np.array([by_languages]), np.array([self.dof])
        explained = self.between - self.shock
        if 1 < self.seeds < inf and explained > 0:
            ratio = self.between / explained * fdtri(self.seeds - 1, 2 * self.dof, QUANTILES)
            opened = ratio > fdtri(self.seeds - 1, 2 * self.dof, GATE)
            seen = by_languages + np.where(opened, np.maximum(0, ratio - 1) * explained, 0)
            both = seen**2 / (by_languages**2 / self.dof + (ratio * explained) ** 2 / (self.seeds - 1))
            dof = np.where(opened, both, self.dof)
        critical = stdtrit(dof, 1 - alpha / 2) * np.sqrt(seen / self.variance)
        shift = difference / sqrt(self.variance)
        # The noncentral t over quantiles of its denominator: scipy's own is not a number far from the center.
        errors = np.sqrt(2 * gammaincinv(self.dof / 2, FINE) / self.dof)
        reach = critical[:, None] * errors
        return float(np.mean(ndtr(shift - reach) + ndtr(-shift - reach)))

    def detectable(self, alpha: float) -> float:
        """The difference at which the power is WANTED, by bisection."""
        low, high = 0.0, sqrt(self.variance)
        while self.power(high, alpha) < WANTED:
            low, high = high, 2 * high
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if self.power(middle, alpha) < WANTED else (low, middle)
        return high


def shocked(weights: Array, low: Array, models: Sequence[str]) -> float:
    """How many times the variance of a shock to all low-resource rows of a model that of the contrast has of it."""
    return float(np.sum(np.bincount(_numbered(models), weights=weights * low) ** 2))


def _shock(found: Layout, maps: Design, spreads: Spreads, noise: float) -> float:
    low = np.array([float(cell.low) for cell in found.cells])
    return noise * spreads.checkpoint**2 * shocked(maps.weights, low, [cell.model for cell in found.cells])


def _shares(found: Layout, maps: Design, spreads: Spreads) -> dict[str, float]:
    parts = variances(found, maps, spreads, found.noise(found.amounts, 1))
    whole = sum(parts.values())
    return {name: part / whole if whole else 0.0 for name, part in parts.items()}


def _numbered(keys: Sequence[object]) -> Ints:
    known: dict[object, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys])
