"""The parts of the report on scores: gains, curves, sizes, languages, the zero-shot gap, retrieval."""

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import to_show
from harness.analysis.figures.curve_figure import curve_figure
from harness.analysis.figures.heat_map import heat_map_figure
from harness.analysis.figures.size_figure import size_figure
from harness.analysis.figures.steps_figure import steps_figure
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.seeds import kind_of, over
from harness.analysis.points.splits import LEVELS
from harness.analysis.report.content import Aside, Block, Bullets, Drawn, Heading, Lines, Paragraph, Tabled, tabled
from harness.analysis.table import signed
from harness.analysis.tables.expected import expected_tables
from harness.analysis.tables.fit_tables import fit_tables
from harness.analysis.tables.frontier_tables import frontier_tables
from harness.analysis.tables.gain_grid import Grid, gain_grids, grid_tables
from harness.analysis.tables.gains_table import gains_table, target_more_tables
from harness.analysis.tables.interlinear import Rows, row_lines
from harness.analysis.tables.language_tables import per_language
from harness.analysis.tables.point_tables import points_table, slopes, summary, verdicts
from harness.analysis.tables.retrieval_table import layer_tables, retrieval_tables
from harness.analysis.tables.size_table import size_tables
from harness.analysis.tables.zero_shot_table import zero_shot_tables
from harness.analysis.values import Missing, present

FEW = 4  # panels that the words below a figure tell


def curve_blocks(answer: Answer) -> Iterator[Block]:
    """Gain against compute: the figure, the slopes, the gains, and a verdict on each curve."""
    measures = to_show({curve.measure for curve in answer.curves})
    yield Drawn(
        curve_figure(answer),
        name="curve",
        title="Gain over the baseline against intermediate compute",
        finding="Slopes. " + ". ".join(_upper(summary(answer.curves, measure)) for measure in measures) + ".",
    )
    yield Tabled(gains_table(answer), "gains")
    yield from tabled(target_more_tables(answer), "over_target_more")
    yield Tabled(slopes(answer), "slopes")
    kind = kind_of(answer.study)
    said = tuple(verdicts(answer))
    if kind and kind.speak_of and said:
        yield Paragraph(f"All intervals are over {over(answer.study)} and speak of {kind.speak_of}.")
    if said:
        yield Aside("A verdict on each curve", (Bullets(said),))


def fit_blocks(answer: Answer) -> Iterator[Block]:
    """The forms fitted to the curves, gain against steps, and what is best for its compute."""
    steps = steps_figure(answer)
    if steps:
        yield Drawn(
            steps,
            name="steps",
            title="Gain over the baseline against optimiser steps, at the same FLOPs",
            finding="Batch size was swept at held epochs, so compute did not change and steps did.",
        )
    yield from tabled(fit_tables(answer), "fits")
    yield from tabled(frontier_tables(answer), "frontier")


def size_blocks(answer: Answer) -> Iterator[Block]:
    """Gain against model size, where a series has several sizes."""
    if answer.sizes:
        grown = (line.along.models for line in answer.sizes)
        yield Drawn(
            size_figure(answer),
            name="sizes",
            title="Score and gain against model size",
            finding=f"Lines: {'; '.join(dict.fromkeys(grown))}. The table below has their numbers.",
        )
        yield from tabled(size_tables(answer), "sizes")


def language_blocks(answer: Answer) -> Iterator[Block]:
    """Scores and gains by language: the heat map, then the tables."""
    grids = gain_grids(answer)
    if grids:
        yield Drawn(
            heat_map_figure(answer),
            name="heat_map",
            title="Gain by language and task",
            finding=" ".join([*map(_found, grids[:FEW]), *_others(grids)]),
            data=tuple(tabled(grid_tables(grids), "heat_map", whole=True)),
        )
    for number, table in enumerate(per_language(answer), start=1):
        block = Tabled(table, f"languages_{number}", whole=True)
        yield block if block.rows <= 50 else Aside(f"Scores per language, {block.rows} rows: {table.title}", (block,))
    yield from tabled(expected_tables(answer), "expected")
    guessed = chance_rows(answer)
    if guessed:
        yield Heading("Scores at chance")
        yield Paragraph("In every point that has them, so they are no evidence of transfer:")
        yield Bullets(tuple(guessed))


def zero_shot_blocks(answer: Answer) -> Iterator[Block]:
    """The gap to English."""
    return tabled(zero_shot_tables(answer), "zero_shot")


def retrieval_blocks(answer: Answer) -> Iterator[Block]:
    """With and without retrieval, and retrieval in other ways."""
    found = [*tabled(retrieval_tables(answer), "retrieval"), *tabled(layer_tables(answer), "layers")]
    if any("score_without_retrieval" in point.aggregates for point in answer.points):
        yield Paragraph(
            "The row `mean without retrieval` of the tables per language leaves retrieval out: it is done without a "
            "trained head, so it depends on layer and pooling more than on training."
        )
    yield from found


def point_blocks(answer: Answer) -> Iterator[Block]:
    """Every point."""
    block = Tabled(points_table(answer), "points")
    if block.elsewhere is None:
        yield Aside(f"All {block.rows} points", (block,))
    else:
        yield block


def example_blocks(examples: Mapping[str, Rows]) -> Iterator[Block]:
    """One row of each task that has glosses, in every language, word for word."""
    for task, rows in examples.items():
        shown = (row_lines(language, row) for language, own in rows.items() for row in own)
        yield Aside(f"{task}: one row, word for word", (Lines("\n".join(line for lines in shown for line in lines)),))


def chance_rows(answer: Answer) -> list[str]:
    """By task, the languages that are at chance in every point that has a score for them."""
    lines = []
    for task, languages in answer.points[0].scores.items():
        scored = {lang: [p.scores[task][lang] for p in answer.points] for lang in languages}
        known = {lang: [s for s in scores if not isinstance(s, Missing)] for lang, scores in scored.items()}
        guessed = [language for language, scores in known.items() if scores and all(map(at_chance, scores))]
        lines += [f"{task}: {', '.join(guessed)}"] if guessed else []
    return lines


def _found(grid: Grid) -> str:
    """What a grid shows, for who cannot see it."""
    cells = {(t, code): gain for t, own in grid.cells.items() for code, gain in own.items()}
    known = {at: gain for at, gain in cells.items() if not isinstance(gain, Missing)}
    name = f"{grid.model}, {grid.name}"
    if not known:
        return f"{name}: all {len(cells)} cells are missing."
    (worst, least), (best, most) = (pick(known.items(), key=lambda each: each[1]) for pick in (min, max))
    rising = sum(gain > 0 for gain in known.values())
    gaps = f"; {len(cells) - len(known)} are missing" if len(known) < len(cells) else ""
    return (
        f"{name}: {rising} of {len(known)} cells gain{_levels(grid)}; most {'/'.join(best)} ({signed(most)}), "
        f"least {'/'.join(worst)} ({signed(least)}){gaps}."
    )


def _others(grids: Sequence[Grid]) -> Iterator[str]:
    if len(grids) > FEW:
        yield f"The {len(grids) - FEW} other panels are told by the numbers behind this figure."


def _levels(grid: Grid) -> str:
    """How many cells of each resource level gain."""
    told = []
    for level in LEVELS:
        gains = (gain for cells in grid.cells.values() for code, gain in cells.items() if grid.levels[code] == level)
        own = present(gains)
        told += [f"{level} {sum(gain > 0 for gain in own)} of {len(own)}"] if own else []
    return f" ({', '.join(told)})" if told else ""


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
