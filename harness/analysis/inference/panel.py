"""The scores behind the gains of a study as arrays, one row a gain, one column a task and language."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.analysis.inference.cluster_robust import Array
from harness.analysis.points.gains import Gain
from harness.analysis.points.language_scores import Score
from harness.analysis.points.seeds import KINDS
from harness.analysis.values import Missing

Scale = Callable[["Panel"], Array]


@dataclass(frozen=True)
class Panel:
    """Gains, and the scores in percent that they are differences of; NaN where a score is missing.

    `cells` are (task, language), the columns of `scores` and `references`, each (gains, cells); `items` are the test
    examples of a score.
    """

    gains: tuple[Gain, ...]
    cells: tuple[tuple[str, str], ...]
    scores: Array
    references: Array
    items: Array

    def only(self, kept: Callable[[Gain], bool]) -> "Panel":
        """The panel of some of its gains."""
        rows = [index for index, gain in enumerate(self.gains) if kept(gain)]
        gains = tuple(self.gains[index] for index in rows)
        return replace(
            self, gains=gains, scores=self.scores[rows], references=self.references[rows], items=self.items[rows]
        )

    def gap(self, missing: NDArray[np.bool_]) -> Missing:
        """What is `missing` (gains, cells) in one sentence: how much, and the first by name with its reason."""
        row, column = np.argwhere(missing)[0]
        gain, (task, language) = self.gains[row], self.cells[column]
        value = gain.cells[task][language]
        reason = value.reason if isinstance(value, Missing) else "not a number"
        return Missing(f"the first: {task}/{language}: {reason}")


def panel(gains: Sequence[Gain]) -> Panel:
    """The panel of `gains`, which must have the same cells, as those of one study do."""
    cells = tuple((task, language) for task, own in gains[0].point.scores.items() for language in own) if gains else ()
    points = [[gain.point.scores[task][language] for task, language in cells] for gain in gains]
    baselines = [[gain.baseline.scores[task][language] for task, language in cells] for gain in gains]
    shape = (len(gains), len(cells))
    return Panel(
        tuple(gains),
        cells,
        np.array([[_percent(score) for score in row] for row in points]).reshape(shape),
        np.array([[_percent(score) for score in row] for row in baselines]).reshape(shape),
        np.array([[_items(score) for score in row] for row in points]).reshape(shape),
    )


def seed_kind(gains: Iterable[Gain]) -> str | None:
    """The outermost kind of seed (points/seeds.py) of which every model has several, and the same ones."""
    by_model: dict[str, list[Gain]] = {}
    for gain in gains:
        by_model.setdefault(gain.at.model, []).append(gain)
    for kind in KINDS:
        seeds = {frozenset(getattr(gain.at, kind) for gain in own) for own in by_model.values()}
        if len(seeds) == 1 and len(next(iter(seeds))) > 1:
            return kind
    return None


def in_points(panel: Panel) -> Array:
    """Gains in percentage points."""
    return panel.scores - panel.references


def in_errors(panel: Panel) -> Array:
    """Gains in percent of the errors that the baseline makes; infinite where it makes none."""
    left = 100 - panel.references
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0, 100 * in_points(panel) / left, np.where(np.isnan(left), np.nan, np.inf))


def in_log_odds(panel: Panel) -> Array:
    """Gains in log odds of a right answer, with half an answer added to both sides so that 0 and 100 have odds."""

    def odds(percent: Array) -> Array:
        right = percent / 100 * panel.items
        return np.asarray(np.log((right + 0.5) / (panel.items - right + 0.5)))

    return odds(panel.scores) - odds(panel.references)


def _percent(score: Score) -> float:
    return float("nan") if isinstance(score, Missing) else score.values["score"]


def _items(score: Score) -> float:
    return float("nan") if isinstance(score, Missing) else max(1.0, float(score.n))
