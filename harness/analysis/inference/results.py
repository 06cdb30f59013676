"""What the analysis finds: contrasts between low- and high-resource languages with their uncertainty, and a verdict."""

from dataclasses import dataclass, replace
from typing import Literal, Self

from scipy.special import stdtrit

from harness.analysis.points.splits import Level
from harness.analysis.values import Missing

ALPHA = 0.05  # of tests, where no `analysis` block says otherwise
Verdict = Literal["low gains more", "high gains more", "not told apart", "depends on scale or task", "missing"]


@dataclass(frozen=True)
class Estimated:
    """An estimate over languages; `interval` is the 95 % one unless made `at` another level, `p` is two-sided.

    `error` is its standard error, `dof` the degrees of freedom of interval and `p`.
    """

    estimate: float
    interval: tuple[float, float]
    p: float
    error: float
    dof: float
    unit: str

    @property
    def is_noise(self) -> bool:
        """Whether the interval holds zero."""
        return self.interval[0] <= 0 <= self.interval[1]

    def at(self, alpha: float) -> Self:
        """The same with the interval that excludes zero where the test at this level does."""
        return replace(self, interval=_interval(self.estimate, self.error, self.dof, alpha))


@dataclass(frozen=True)
class Contrast(Estimated):
    """How much more low-resource languages have of something than high-resource ones, within tasks.

    `seeds_added` says whether what seeds differ by is part of `error`, because they differ more than languages and test
    items explain.
    """

    low: tuple[str, ...]
    high: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: int
    seeds_added: bool


@dataclass(frozen=True)
class Mean(Estimated):
    """The mean of something over languages of one level: over tasks, at the mean task; `seeds_added` as in Contrast."""

    languages: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: int
    seeds_added: bool


@dataclass(frozen=True)
class LevelMean:
    """What compute does to languages of one level by themselves: their mean slope on log10 compute, or mean gain."""

    level: Level
    measure: Literal["slope", "gain"]
    finding: Mean | Missing


@dataclass(frozen=True)
class Spread:
    """How far seeds of one kind set a single score apart: `variance` in squared points, within `groups` of seeds.

    The mean over tasks, languages and settings that differ in nothing but that seed.
    """

    seeds: str
    variance: float | Missing
    groups: int


@dataclass(frozen=True)
class Pairing:
    """What it is worth to hold a point against the baseline of its own seed.

    `correlation` is that of their scores over seeds, pooled over tasks, languages and settings; `ratio` the variance of
    a gain over that of a difference between unpaired scores.
    """

    correlation: float
    ratio: float


@dataclass(frozen=True)
class Tested:
    """One named question and what was found; `planned` before the first phase, `adjusted` p over its family (Holm)."""

    name: str
    finding: Contrast | Missing
    planned: bool = False
    adjusted: float | None = None


@dataclass(frozen=True)
class Inference:
    """The answer to the question of a study.

    `primary` is what the `analysis` block asks, without one the contrast of slopes on log10 compute; `beside` are
    slopes and mean gains over no intermediate training, as far as they are not the primary ones; `secondary` asks both
    by model, chain and control; `sensitivity` repeats the primary one on other scales, tasks and models of error. All
    intervals are of level 1 - `alpha`. `paragraph` is the answer in words, with its interval; `notes` what a reader
    must know of it. `levels` are the means that contrasts are differences of; `spreads` and `pairing` say what seeds do
    to single scores.
    """

    primary: Tested
    beside: tuple[Tested, ...]
    secondary: tuple[Tested, ...]
    sensitivity: tuple[Tested, ...]
    verdict: Verdict
    paragraph: str
    notes: tuple[str, ...] = ()
    levels: tuple[LevelMean, ...] = ()
    spreads: tuple[Spread, ...] = ()
    pairing: Pairing | Missing | None = None
    alpha: float = ALPHA

    @property
    def level(self) -> str:
        """What its intervals are of, in percent."""
        return f"{100 * (1 - self.alpha):g} %"

    def named(self, name: str) -> Contrast | Missing:
        """The contrast of that name, primary or beside it."""
        found = (each.finding for each in (self.primary, *self.beside) if each.name == name)
        return next(found, Missing(f"no {name} was asked for"))


def _interval(estimate: float, error: float, dof: float, alpha: float) -> tuple[float, float]:
    margin = float(stdtrit(dof, 1 - alpha / 2)) * error
    return estimate - margin, estimate + margin
