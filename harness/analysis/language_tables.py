"""The per-language tables of an answer: each model's baseline beside its chains, with the resource split."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.answer import Answer
from harness.analysis.curves import MEASURES
from harness.analysis.gains import Gain
from harness.analysis.points import Point, at_chance
from harness.analysis.splits import Split
from harness.analysis.table import Row, Table, number, signed
from harness.analysis.values import Missing, Value, mean_of_repeats

CHAINS_WIDTH = 66  # characters left for the chains of one table on a terminal of 100
CHANCE_NOTE = "~ at chance: no more than two standard errors above the best answer that ignores the input"

ValueOf = Callable[[Point | Gain], Value]


@dataclass(frozen=True)
class _Column:
    """The points, and their gains, over which one column of a table is averaged."""

    name: str
    points: Sequence[Point]
    gains: Sequence[Gain]

    def cell(self, value_of: ValueOf, mark: str = "") -> str:
        score = mean_of_repeats([value_of(point) for point in self.points])
        if isinstance(score, Missing) or not self.gains:
            return number(score) + mark
        gain = mean_of_repeats([value_of(gain) for gain in self.gains])
        return f"{number(score)}{mark} ({signed(gain)})"

    def at_chance(self, task: str, language: str) -> bool:
        scores = [point.scores[task][language] for point in self.points]
        return all(not isinstance(score, Missing) and at_chance(score) for score in scores)


def per_language(answer: Answer) -> Iterator[Table]:
    """Scores and gains by task and language, each model on its own, as many chains side by side as fit.

    Controls are left to the other tables.
    """
    for model in dict.fromkeys(point.at.model for point in answer.points):
        points = [point for point in answer.points if point.at.model == model and point.at.control is None]
        gains = [gain for gain in answer.gains if gain.at.model == model and gain.at.control is None]
        baseline = _Column("baseline", [point for point in points if point.at.is_baseline], [])
        chains = dict.fromkeys(gain.at.intermediate for gain in gains)
        for together in _side_by_side([_chain(name, points, gains) for name in chains]):
            yield _table(model, answer.split, (baseline, *together))


def _chain(name: str, points: Sequence[Point], gains: Sequence[Gain]) -> _Column:
    own = [point for point in points if point.at.intermediate == name]
    return _Column(name, own, [gain for gain in gains if gain.at.intermediate == name])


def _side_by_side(chains: Iterable[_Column]) -> Iterator[tuple[_Column, ...]]:
    together: list[_Column] = []
    for chain in chains:
        if together and sum(max(len(column.name), 13) + 2 for column in [*together, chain]) > CHAINS_WIDTH:
            yield tuple(together)
            together = []
        together.append(chain)
    yield tuple(together)


def _table(model: str, split: Split, columns: Sequence[_Column]) -> Table:
    first = columns[0].points[0]
    tasks = [tuple(_language_row(columns, task, language) for language in _order(first, task)) for task in first.cells]
    means = [measure for measure in MEASURES if measure in first.aggregates]
    return Table(
        title=f"{model}: score in percent (gain in points), mean over durations, batch sizes and seeds",
        columns=("task", "language", "level", *(column.name for column in columns)),
        sections=(*tasks, tuple(_mean_row(columns, measure) for measure in means)),
        names=3,
        notes=(split.description(model), CHANCE_NOTE),
    )


def _order(point: Point, task: str) -> list[str]:
    """English, then languages by level."""
    levels = (None, "high", "low", "unseen")
    return sorted(point.cells[task], key=lambda language: (levels.index(point.levels[language]), language))


def _language_row(columns: Sequence[_Column], task: str, language: str) -> Row:
    marks = ["~" if column.at_chance(task, language) else "" for column in columns]
    cells = [c.cell(lambda row: row.cells[task][language], mark) for c, mark in zip(columns, marks, strict=True)]
    return (task, language, columns[0].points[0].levels[language] or "", *cells)


def _mean_row(columns: Sequence[_Column], measure: str) -> Row:
    level, _, rest = measure.partition("_")
    cells = (column.cell(lambda row: row.aggregates[measure]) for column in columns)
    return ("mean", rest.replace("_", " "), "" if measure == "score" else level, *cells)
