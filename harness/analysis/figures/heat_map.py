"""The heat map: gain by language and task, a panel per model and chain, languages grouped by resource level."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import CHANCE
from harness.analysis.figures.drawing import REFERENCE
from harness.analysis.tables.gain_grid import Grid, by_level, gain_grids
from harness.analysis.values import Missing, present

COLOURS = "PuOr"  # orange and violet: told apart with every common colour blindness, and by lightness from white
LEVEL_NAMES = {None: "English", "high": "high", "low": "low", "unseen": "unseen"}
WIDE = 4  # panels side by side
MOST_NUMBERS = 700  # cells that have their number written in them
DARK, LIGHT = "#101010", "#fefefe"  # on coloured cells, so the same in a dark page
NAMED = 8  # missing cells that the figure itself names; the table behind it names all


def heat_map_figure(answer: Answer) -> Figure:
    """Mean gains in percentage points over durations, batch sizes and seeds; missing cells are hatched and named."""
    grids = gain_grids(answer)
    columns = min(WIDE, max(1, len(grids)))
    rows = -(-len(grids) // columns) or 1
    high, wide = (max((len(each) for each in found), default=1) for found in _sides(grids))
    figure = Figure(
        figsize=(columns * (0.62 * wide + 1.3) + 1.0, rows * (0.2 * high + 1.6) + 1.2), layout="constrained"
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    limit = _limit(grids)
    numbers = sum(len(own) for grid in grids for own in grid.cells.values()) <= MOST_NUMBERS
    for axes, grid in zip(panels, grids, strict=False):
        _panel(axes, grid, limit, numbers)
    for axes in panels[len(grids) :]:
        axes.set_axis_off()
    if grids:
        mesh = next(iter(panels[0].collections))
        figure.colorbar(
            mesh, ax=list(panels), label="gain over the baseline (percentage points)", shrink=0.8, aspect=30
        )
    figure.supxlabel("\n".join(_footer(answer, grids)), fontsize="small")
    return figure


def _sides(grids: Sequence[Grid]) -> tuple[list[list[str]], list[list[str]]]:
    """The languages and the tasks of each grid."""
    return [list(grid.levels) for grid in grids], [list(grid.cells) for grid in grids]


def _limit(grids: Sequence[Grid]) -> float:
    """The greatest gain or loss of any cell, so that all panels have one scale, even about zero."""
    found = (abs(gain) for grid in grids for own in grid.cells.values() for gain in present(own.values()))
    return max(found, default=0.0) or 1.0


def _panel(axes: Axes, grid: Grid, limit: float, numbers: bool) -> None:
    languages, tasks = list(grid.levels), list(grid.cells)
    shades = np.full((len(languages), len(tasks)), np.nan)
    for column, task in enumerate(tasks):
        for language, gain in grid.cells[task].items():
            if not isinstance(gain, Missing):
                shades[languages.index(language), column] = gain
    norm = TwoSlopeNorm(0.0, -limit, limit)
    axes.pcolormesh(np.ma.masked_invalid(shades), cmap=COLOURS, norm=norm, edgecolor=REFERENCE, linewidth=0.3)
    for column, task in enumerate(tasks):
        for row, language in enumerate(languages):
            if isinstance(grid.cells[task].get(language), Missing):
                axes.add_patch(
                    Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor=REFERENCE, linewidth=0)
                )
            elif language in grid.cells[task] and numbers:
                _number(axes, shades[row, column], (row, column), (task, language) in grid.guessed, limit)
    absent = [
        (c, r) for c, task in enumerate(tasks) for r, code in enumerate(languages) if code not in grid.cells[task]
    ]
    axes.plot([c + 0.5 for c, _ in absent], [r + 0.5 for _, r in absent], ".", color=REFERENCE, markersize=2)
    _labels(axes, grid, languages, tasks)


def _number(axes: Axes, gain: float, at: tuple[int, int], guessed: bool, limit: float) -> None:
    text = f"{gain:+.1f}{CHANCE if guessed else ''}"
    colour = LIGHT if abs(gain) > 0.62 * limit else DARK
    axes.text(at[1] + 0.5, at[0] + 0.5, text, ha="center", va="center", fontsize=6, color=colour)


def _labels(axes: Axes, grid: Grid, languages: Sequence[str], tasks: Sequence[str]) -> None:
    axes.invert_yaxis()
    axes.set_title(f"{grid.model}\n{grid.name}", fontsize="small")
    axes.set_xticks([place + 0.5 for place in range(len(tasks))], tasks, rotation=40, ha="right", fontsize=7)
    axes.set_yticks([place + 0.5 for place in range(len(languages))], languages, fontsize=7)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    above = 0
    for group in by_level(grid):
        if above:
            axes.axhline(above, color="#000000", linewidth=1.2)
        level = LEVEL_NAMES[grid.levels[group[0]]]
        axes.text(len(tasks) + 0.08, above + len(group) / 2, level, rotation=270, ha="left", va="center", fontsize=7)
        above += len(group)


def _footer(answer: Answer, grids: Sequence[Grid]) -> Iterator[str]:
    """The split of each model, and what is missing."""
    yield from answer.split.descriptions(grid.model for grid in grids)
    yield f"mean over durations, batch sizes and seeds; dot: the task has no such language; {CHANCE}: at chance"
    cells = [f"{grid.name} {cell}" for grid in grids for names in grid.missing.values() for cell in names]
    if cells:
        more = f" and {len(cells) - NAMED} more, all named in the table" if len(cells) > NAMED else ""
        yield f"hatched, missing: {', '.join(cells[:NAMED])}{more}"
