"""What the analysis finds: contrasts between low- and high-resource languages with their uncertainty, and a verdict."""

from dataclasses import dataclass
from typing import Literal

from harness.analysis.points.splits import Level
from harness.analysis.values import Missing

Verdict = Literal["low gains more", "high gains more", "not told apart", "depends on scale or task", "missing"]


@dataclass(frozen=True)
class Contrast:
    """How much more low-resource languages have of something than high-resource ones, within tasks.

    `interval` is the 95 % one, `p` two-sided against zero, `dof` the degrees of freedom of both. `seeds_added` says
    whether what seeds differ by is part of `error`, because they differ more than languages and test items explain.
    """

    estimate: float
    interval: tuple[float, float]
    p: float
    error: float
    dof: float
    unit: str
    low: tuple[str, ...]
    high: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: int
    seeds_added: bool

    @property
    def is_noise(self) -> bool:
        """Whether the interval holds zero."""
        return self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True)
class Mean:
    """The mean of something over languages of one level: over tasks, at the mean task; fields as in Contrast."""

    estimate: float
    interval: tuple[float, float]
    p: float
    error: float
    dof: float
    unit: str
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

    `primary` is the contrast of slopes on log10 compute; `gain` that of mean gains; `secondary` asks both by model,
    chain and control; `sensitivity` repeats the primary one on other scales, tasks and models of error. `paragraph` is
    the answer in words, with its interval; `notes` what a reader must know of it. `levels` are the means that contrasts
    are differences of; `spreads` and `pairing` say what seeds do to single scores.
    """

    primary: Tested
    gain: Tested
    secondary: tuple[Tested, ...]
    sensitivity: tuple[Tested, ...]
    verdict: Verdict
    paragraph: str
    notes: tuple[str, ...] = ()
    levels: tuple[LevelMean, ...] = ()
    spreads: tuple[Spread, ...] = ()
    pairing: Pairing | Missing | None = None
