"""The outcome of each model, task and language, from a panel: its slope on log10 compute, or its mean gain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.inference.cluster_robust import Array, Ints
from harness.analysis.inference.panel import Panel, Scale, in_points, seed_kind
from harness.analysis.inference.weights import Measure, weights
from harness.analysis.points.gains import Gain
from harness.analysis.points.splits import Level
from harness.analysis.values import Missing

Cell = tuple[str, str, str]  # model, task, language
SEEN: tuple[Level, ...] = ("low", "high")


def everything(gain: Gain, task: str) -> bool:
    """Keeps every gain in every task."""
    return True


@dataclass(frozen=True)
class Question:
    """What is asked of a panel: which outcome, on which scale, of which gains and tasks, in languages of which levels.

    With `both`, only tasks that have languages of all `levels` count, so that levels are compared within tasks. With
    `median`, the median over seeds takes the place of the mean.
    """

    measure: Measure = "slope"
    scale: Scale = in_points
    keep: Callable[[Gain, str], bool] = everything
    levels: tuple[Level, ...] = SEEN
    both: bool = True
    median: bool = False
    unit: str = "points"


@dataclass(frozen=True)
class Rows:
    """Outcomes (seeds, rows); a row is a model, task and language, a block a model and task, a cluster a language.

    `headroom` is what the baseline lacks to 100, the mean over gains; `levels` are those of languages for a model.
    """

    outcome: Array
    cells: tuple[Cell, ...]
    levels: tuple[Level, ...]
    blocks: Ints
    clusters: Ints
    headroom: Array

    def languages(self, level: Level) -> tuple[str, ...]:
        """The languages of a level, once each."""
        named = {cell[2] for cell, own in zip(self.cells, self.levels, strict=True) if own == level}
        return tuple(sorted(named))

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks, once each."""
        return tuple(dict.fromkeys(task for _, task, _ in self.cells))

    @property
    def low(self) -> Array:
        """1 in rows of low-resource languages, 0 in others."""
        return np.array([float(level == "low") for level in self.levels])


def rows(panel: Panel, question: Question) -> Rows | Missing:
    """The rows that `question` asks for, or why there are none; one missing score among them makes all missing."""
    blocks = _blocks(panel, question)
    if isinstance(blocks, Missing):
        return blocks
    values = question.scale(panel)
    wanted = np.zeros(values.shape, bool)
    for block in blocks:
        wanted[np.ix_(block.gains, block.columns)] = True
    lost = wanted & np.isnan(values)
    if lost.any():
        return Missing(f"{lost.sum():,} of {wanted.sum():,} scores are missing, {panel.gap(lost).reason}")
    if np.isinf(values[wanted]).any():
        return Missing("a baseline of 100 leaves no errors to make fewer")
    kind, outcomes = seed_kind(panel.gains), list[Array]()
    known: dict[tuple[int, ...], Array | Missing] = {}  # tasks of one model mostly have the same gains
    for block in blocks:
        if block.gains not in known:
            known[block.gains] = weights([panel.gains[row] for row in block.gains], kind, question.measure)
        maps = known[block.gains]
        if isinstance(maps, Missing):
            return maps
        outcomes.append(maps @ values[np.ix_(block.gains, block.columns)])
    outcome = np.concatenate(outcomes, axis=1)
    if question.median:
        if len(outcome) < 3:
            return Missing("fewer than three seeds, of which the median is the mean")
        outcome = outcome + np.median(outcome, axis=0) - outcome.mean(axis=0)
    return _rows(panel, blocks, outcome)


@dataclass(frozen=True)
class _Block:
    """A model and task: which gains, and which columns of the panel."""

    model: str
    gains: tuple[int, ...]
    columns: list[int]


def _blocks(panel: Panel, question: Question) -> list[_Block] | Missing:
    """The models and tasks that the question is about, or what there is none of."""
    wanted = set(question.levels)
    found, present, kept = list[_Block](), set[Level](), False
    for model, levels in {gain.at.model: gain.point.levels for gain in panel.gains}.items():
        own = [row for row, gain in enumerate(panel.gains) if gain.at.model == model]
        for task in dict.fromkeys(task for task, _ in panel.cells):
            gains = tuple(row for row in own if question.keep(panel.gains[row], task))
            columns = {
                column: level
                for column, (name, language) in enumerate(panel.cells)
                if name == task and (level := levels.get(language)) in wanted and gains
            }
            kept = kept or bool(gains)
            here = {level for level in columns.values() if level}
            present |= here
            if here and (not question.both or here == wanted):
                found.append(_Block(model, gains, list(columns)))
    if found:
        return found
    lacking = [level for level in question.levels if level not in present]
    return Missing(_why_none(panel, kept, lacking))


def _why_none(panel: Panel, kept: bool, lacking: Sequence[Level]) -> str:
    if not kept:
        absent = (reason for gain in panel.gains for _, reason in gain.point.planned.absent)
        return next(absent, "nothing was trained in between")
    if lacking:
        return f"no {lacking[0]}-resource language" if lacking[0] != "unseen" else "no unseen language"
    return "no task has both low- and high-resource languages"


def _rows(panel: Panel, blocks: Sequence[_Block], outcome: Array) -> Rows:
    cells = tuple((block.model, *panel.cells[column]) for block in blocks for column in block.columns)
    levels = {gain.at.model: gain.point.levels for gain in panel.gains}
    names = {name: index for index, name in enumerate(sorted({cell[2] for cell in cells}))}
    headroom = [
        100 - panel.references[np.ix_(block.gains, [column])].mean() for block in blocks for column in block.columns
    ]
    return Rows(
        outcome,
        cells,
        tuple(level for model, _, language in cells if (level := levels[model].get(language))),
        np.repeat(np.arange(len(blocks)), [len(block.columns) for block in blocks]),
        np.array([names[language] for _, _, language in cells]),
        np.array(headroom),
    )
