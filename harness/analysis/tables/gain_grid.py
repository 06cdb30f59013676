"""Gains by language and task as grids, one for each model and chain: the numbers of the heat map."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import CHANCE
from harness.analysis.points.gains import Gain
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.splits import Level
from harness.analysis.table import Row, Table, signed
from harness.analysis.values import Missing, Value, mean_of_repeats

MOST_CELLS = 2500  # of one figure: more are neither read nor drawn in reasonable time
ORDER: tuple[Level | None, ...] = (None, "high", "low", "unseen")


@dataclass(frozen=True)
class Grid:
    """Mean gains in points of `model` after `chains`, by task, then language; a task has some of the languages.

    `levels` has every language, English first, then by level. `guessed` cells are at chance in every point.
    """

    model: str
    chains: tuple[str, ...]
    levels: Mapping[str, Level | None]
    cells: Mapping[str, Mapping[str, Value]]
    guessed: frozenset[tuple[str, str]]

    @property
    def name(self) -> str:
        """The chain, or over how many chains it is."""
        return self.chains[0] if len(self.chains) == 1 else f"mean over {len(self.chains)} chains"

    @property
    def missing(self) -> Mapping[str, list[str]]:
        """By reason, the cells without a value as `task/language`."""
        found: dict[str, list[str]] = {}
        for task, languages in self.cells.items():
            for language, value in languages.items():
                if isinstance(value, Missing):
                    found.setdefault(value.reason, []).append(f"{task}/{language}")
        return found


def gain_grids(answer: Answer) -> list[Grid]:
    """A grid for each model and chain that is no control; one for each model where those would be too many cells."""
    groups: dict[tuple[str, str], list[Gain]] = {}
    for gain in answer.gains:
        if gain.at.on_axes and gain.at.control is None:
            groups.setdefault((gain.at.model, gain.at.intermediate), []).append(gain)
    size = sum(len(languages) for languages in answer.points[0].cells.values())
    if len(groups) * size > MOST_CELLS:
        merged: dict[tuple[str, str], list[Gain]] = {}
        for (model, _), gains in groups.items():
            merged.setdefault((model, ""), []).extend(gains)
        groups = merged
    return [_grid(model, gains) for (model, _), gains in groups.items()]


def grid_tables(grids: Sequence[Grid]) -> Iterator[Table]:
    """Each grid as a table: a row a language, a column a task."""
    for grid in grids:
        tasks = tuple(grid.cells)
        sections = [tuple(_row(grid, tasks, language) for language in own) for own in by_level(grid)]
        yield Table(
            title=f"{grid.model}, {grid.name}: gain in points by language and task",
            columns=("language", "level", *tasks),
            sections=tuple(sections),
            names=2,
            notes=(
                f"mean over durations, batch sizes and seeds; {CHANCE}: at chance with and without intermediate "
                "training; empty: the task does not have the language",
            ),
        )


def by_level(grid: Grid) -> list[list[str]]:
    """The languages of each level that has some."""
    groups = ([code for code, own in grid.levels.items() if own == level] for level in ORDER)
    return [group for group in groups if group]


def _grid(model: str, gains: Sequence[Gain]) -> Grid:
    first = gains[0].point
    languages = sorted(first.levels, key=lambda code: (ORDER.index(first.levels[code]), code))
    cells = {
        task: {code: mean_of_repeats([gain.cells[task][code] for gain in gains]) for code in own}
        for task, own in first.cells.items()
    }
    guessed = {(task, code) for task, own in cells.items() for code in own if _guessed(gains, task, code)}
    chains = tuple(dict.fromkeys(gain.at.intermediate for gain in gains))
    return Grid(model, chains, {code: first.levels[code] for code in languages}, cells, frozenset(guessed))


def _guessed(gains: Sequence[Gain], task: str, language: str) -> bool:
    scores = (row.scores[task][language] for gain in gains for row in (gain.point, gain.baseline))
    return all(not isinstance(score, Missing) and at_chance(score) for score in scores)


def _row(grid: Grid, tasks: Sequence[str], language: str) -> Row:
    return (language, grid.levels[language] or "", *(_cell(grid, task, language) for task in tasks))


def _cell(grid: Grid, task: str, language: str) -> str:
    if language not in grid.cells[task]:
        return ""
    return signed(grid.cells[task][language]) + (CHANCE if (task, language) in grid.guessed else "")
