"""Simulated studies with the languages, tasks and test sizes of XTREME-R, for benchmarks/coverage.py.

Scores of every checkpoint are drawn; slopes and mean gains are made of them by the project's own weights, and asked of
the project's own design.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis.inference.cluster_robust import Design, design, within
from harness.analysis.inference.weights import mean_weights, slope_weights
from harness.catalog import find
from harness.catalog.languages import ENGLISH, LANGUAGES, Language

Array = NDArray[np.float64]

AMOUNTS = np.log10([1.0, 3.0, 10.0])  # of compute, relative
SEEDS = 3
# Where the catalogue has no published count: UD's test sets have 47 to 20,436 sentences.
OTHERWISE = {"udpos": 1_500, "tatoeba": 1_000}
UNDECIDED = 0.36  # of the answers change from checkpoint to checkpoint; the others cancel in every difference


@dataclass(frozen=True)
class Truth:
    """What is true in a scenario: standard deviations in points; of slopes, in points per tenfold compute.

    Slopes differ by task, by language, and by language within each task. Each checkpoint (a seed at an amount) moves
    each task, each language, and each language in each task, and `shock` all low-resource languages at once; with
    `one_run`, alike for all seeds, as where intermediate training is done once. `by_task` is how far the difference
    lies around `difference` in each task. `tails` are the degrees of freedom of t-distributed languages, scaled to the
    same variance.
    """

    name: str
    difference: float = 0.0
    languages: float = 1.5
    cells: float = 2.0
    shock: float = 0.0
    one_run: bool = False
    by_task: float = 0.0
    tails: int | None = None
    tasks: float = 2.0
    checkpoint: tuple[float, float, float] = (1.0, 0.8, 0.7)  # by task, by language, by both


@dataclass(frozen=True)
class SimulatedStudy:
    """Cells of a split: their tasks, languages, levels and test sizes, and the design that the contrast has there."""

    name: str
    tasks: NDArray[np.int_]
    languages: NDArray[np.int_]
    low: Array
    items: Array
    design: Design

    @property
    def text(self) -> str:
        """One line."""
        low = len(set(self.languages[self.low == 1]))
        sizes = f"{self.items.min():,.0f} to {self.items.max():,.0f} test items"
        return (
            f"{self.name}: {low} low against {self.languages.max() + 1 - low} high languages in {self.tasks.max() + 1} "
            f"tasks, {len(self.low)} cells with {sizes}; {self.design.dof:.1f} degrees of freedom"
        )


def xtreme_r(name: str, is_low: Callable[[Language], bool]) -> SimulatedStudy:
    """XTREME-R's tasks that have languages of both levels, as far as XLM-R has seen them."""
    suite = find.suite("xtreme_r")
    cells = [
        (task, language)
        for task in suite.tasks
        for language in suite.languages.get(task, find.task(task).languages)
        if language != ENGLISH and LANGUAGES[language].cc100_gib is not None
    ]
    levels = {task: {is_low(LANGUAGES[language]) for name, language in cells if name == task} for task, _ in cells}
    return _study(
        name,
        [
            (task, language, is_low(LANGUAGES[language]), _items(task, language))
            for task, language in cells
            if len(levels[task]) == 2
        ],
    )


def small(name: str) -> SimulatedStudy:
    """Three languages a level in four tasks of 500 items each, as the demo has them."""
    return _study(name, [(f"task {t}", f"language {one}", one < 3, 500) for t in range(4) for one in range(6)])


def draw(study: SimulatedStudy, truth: Truth, repetitions: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Slopes and mean gains (repetitions, seeds, cells) of so many studies; baselines are shared by each seed."""
    spots = len(AMOUNTS)
    places = (repetitions, SEEDS, spots + 1)  # the last is the baseline
    shape = (repetitions, 1, 1)
    differences = truth.difference + truth.by_task * rng.normal(size=(*shape, study.tasks.max() + 1))
    slopes = differences[..., study.tasks] * study.low + _between(study, truth, shape, rng)
    gains = _between(study, truth, shape, rng)
    x = np.append(AMOUNTS - AMOUNTS.mean(), 0.0)[:, None]
    trained = np.append(np.ones(spots), 0.0)[:, None]
    means = rng.uniform(40, 85, (repetitions, 1, 1, len(study.low)))
    means = np.broadcast_to(means + slopes * x + gains * trained, (*places, len(study.low))).copy()
    by_task, by_language, by_both = truth.checkpoint
    means += by_task * rng.normal(size=(*places, study.tasks.max() + 1))[..., study.tasks]
    means += by_language * rng.normal(size=(*places, study.languages.max() + 1))[..., study.languages]
    means += by_both * rng.normal(size=means.shape)
    runs = (repetitions, 1 if truth.one_run else SEEDS, spots + 1)
    means += truth.shock * rng.normal(size=runs)[..., None] * study.low
    scores = _observed(means, study.items, rng)
    gained = scores[:, :, :-1] - scores[:, :, -1:]
    one, each = np.zeros(spots, int), np.arange(spots)
    maps = (slope_weights(AMOUNTS, one, each), mean_weights(one, each))
    return tuple(np.einsum("rskn,k->rsn", gained, weights) for weights in maps)  # type: ignore[return-value]


def _study(name: str, cells: Sequence[tuple[str, str, bool, int]]) -> SimulatedStudy:
    """The study of cells: task, language, whether it is low-resource, test items."""
    names, codes, levels, items = zip(*cells, strict=True)
    low, tasks, languages = np.array(levels, float), _numbers(names), _numbers(codes)
    columns = within(tasks, low)
    maps = design(columns, np.eye(columns.shape[1])[0], languages)
    return SimulatedStudy(name, tasks, languages, low, np.array(items, float), maps)


def _numbers(names: Sequence[str]) -> NDArray[np.int_]:
    return np.unique(names, return_inverse=True)[1]


def _between(study: SimulatedStudy, truth: Truth, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """How cells differ: by task, by language, and by both."""
    count = (*shape, study.languages.max() + 1)
    if truth.tails:
        drawn = rng.standard_t(truth.tails, count) * np.sqrt((truth.tails - 2) / truth.tails)
    else:
        drawn = rng.normal(size=count)
    by_task = truth.tasks * rng.normal(size=(*shape, study.tasks.max() + 1))[..., study.tasks]
    by_both = truth.cells * rng.normal(size=(*shape, len(study.low)))
    return np.asarray(by_task + truth.languages * drawn[..., study.languages] + by_both)


def _observed(means: Array, items: Array, rng: np.random.Generator) -> Array:
    """Scores in percent on a test set: the undecided answers are drawn, the others are what they always are."""
    share = np.clip(means / 100, 0.01, 0.99)
    undecided = np.maximum(1, np.round(UNDECIDED * items)).astype(int)
    return np.asarray(100 * ((1 - UNDECIDED) * share + UNDECIDED * rng.binomial(undecided, share) / undecided))


def _items(task: str, language: str) -> int:
    entry = find.task(task)
    published = entry.source.published(entry.evaluate_on, language)
    return OTHERWISE[task] if published is None else published
