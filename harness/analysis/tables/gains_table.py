"""The table of gains by series and amount of training, each with its interval and whether it can be told from 0."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import CHANCE, MEASURE_NAMES, Curve, Series, Spot, curves, to_show
from harness.analysis.curves.estimates import CONFIDENCE, Estimate
from harness.analysis.points.aggregates import parts
from harness.analysis.points.gains import Gain, gains
from harness.analysis.points.seeds import heading, kind_of, left_out
from harness.analysis.table import Table
from harness.analysis.tables.axes import axes, texts
from harness.analysis.values import Missing
from harness.plan.sweeps.study import Coordinates, Study

Cell = Spot | None  # None: this series has no such languages
MARK = "*"


def gains_table(answer: Answer) -> Table:
    """One row per series and amount: the gain in points by resource level, over seeds, and a verdict in words."""
    return _table(answer, answer.gains, answer.curves, "Gains over the baseline in points")


def target_more_tables(answer: Answer) -> Iterator[Table]:
    """As `gains_table`, over the control `target_more`; none where the study has no such control."""
    over = gains(answer.points, "target_more")
    if not over:
        return
    title = "Gains over target_more (the same FLOPs spent on the target's own data) in points"
    table = _table(answer, over, curves(over), title)
    without = {f"{task} is not in these means: it {reason}" for gain in over for task, reason in gain.without.items()}
    yield dataclasses.replace(table, notes=(*table.notes, *sorted(without), *_same_source(over)))


def _table(answer: Answer, own: Sequence[Gain], along_curves: Sequence[Curve], title: str) -> Table:
    measures = [measure for measure in to_show({curve.measure for curve in along_curves}) if measure != "score"]
    rows = [row for group in _by_series(along_curves) for row in _rows(group, measures)]
    along = axes(answer.study.sweep.axis[0], [at for at, _ in rows])
    cells = [cell for _, own in rows for cell in own]
    return Table(
        title=f"{title}: {heading(answer.study)}",
        columns=(*(name for name, _ in along), *(MEASURE_NAMES[measure] for measure in measures), "verdict"),
        sections=(tuple((*texts(along, at), *map(_text, own), _verdict(own)) for at, own in rows),),
        names=len(along),
        notes=(*_notes(cells, answer.study), *_tasks(own, measures)),
    )


def _by_series(every: Iterable[Curve]) -> Iterable[Sequence[Curve]]:
    found: dict[Series, list[Curve]] = {}
    for curve in every:
        found.setdefault(curve.series, []).append(curve)
    return found.values()


def _rows(group: Sequence[Curve], measures: Sequence[str]) -> list[tuple[Coordinates, list[Cell]]]:
    """The amounts of one series; seeds are averaged, so that the coordinates have none of their own."""
    series, spots = group[0].series, {curve.measure: curve.spots for curve in group}
    rows = []
    for index, spot in enumerate(group[0].spots):
        at = Coordinates(
            series.model,
            series.intermediate,
            pretrain_seed=0,
            target_seed=0,
            amount=spot.amount,
            batch_size=series.batch_size,
            learning_rate=series.learning_rate,
            control=series.control,
        )
        rows.append((at, [spots[measure][index] if measure in spots else None for measure in measures]))
    return rows


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell.gain, Missing):
        return "missing"
    mark = CHANCE if cell.at_chance else "" if cell.gain.is_noise else MARK
    return cell.gain.text + mark


def _verdict(cells: Sequence[Cell]) -> str:
    """What the marked cells of a row do."""
    if any(cell and isinstance(cell.gain, Missing) for cell in cells):
        return "missing"
    known = _telling(cells)
    if not known:
        return "at chance"
    if all(gain.interval is None for gain in known):
        return "one seed" if known[0].seeds == 1 else "no interval"
    rising = {gain.mean > 0 for gain in known if not gain.is_noise}
    if not rising:
        return "within noise"
    return "mixed" if len(rising) > 1 else "rises" if rising == {True} else "falls"


def _telling(cells: Iterable[Cell]) -> list[Estimate]:
    """The gains that can mean anything: they are there, and some score behind them is not at chance."""
    return [cell.gain for cell in cells if cell and isinstance(cell.gain, Estimate) and not cell.at_chance]


def _notes(cells: Sequence[Cell], study: Study) -> Iterator[str]:
    known = _telling(cells)
    tried = [gain for gain in known if gain.interval]
    marked = sum(not gain.is_noise for gain in tried)
    if tried:
        yield _marks(marked, len(tried), study)
        yield "verdict: what the marked cells of a row do against the baseline; within noise: none is marked"
    else:
        yield "no intervals, so nothing can be told from noise"
    if tried and len(tried) < len(known):
        yield "a gain without an interval: the seeds agree exactly, as where a target has no training of its own"
    if any(cell and cell.at_chance for cell in cells):
        yield f"{CHANCE}: all scores behind this gain are at chance, here and in the baseline, so it means nothing"
    if tried and not marked:
        yield "No gain here can be told from noise."
    if outside := left_out(study):
        yield outside


def _same_source(own: Iterable[Gain]) -> Iterator[str]:
    for chain, targets in {gain.at.intermediate: gain.same_source for gain in own}.items():
        if targets:
            yield f"same source: {', '.join(targets)} trains on data of {chain} anyway, so there both share data"


def _marks(marked: int, tried: int, study: Study) -> str:
    """What a mark is, and how many accident makes; over target seeds intervals are too narrow for such a count."""
    what = f"marked {MARK}: the {100 * CONFIDENCE:.0f} % interval excludes zero; {marked} of {tried} cells are"
    kind = kind_of(study)
    if kind is None or kind.name == "target":
        return what
    return (
        f"{what}. Were there no effect at all, about {(1 - CONFIDENCE) * tried:.1f} would be marked by accident; "
        "cells share baselines, so they are not independent"
    )


def _tasks(own: Iterable[Gain], measures: Sequence[str]) -> Iterator[str]:
    """The tasks behind each column, where these differ; by model where its languages have other levels."""
    models: dict[str, list[str]] = {}
    for model, gain in {gain.at.model: gain for gain in own}.items():
        behind = parts(gain.cells, gain.point.levels.get)
        columns: dict[tuple[str, ...], list[str]] = {}
        for measure in measures:
            if measure in behind:
                columns.setdefault(tuple(behind[measure]), []).append(MEASURE_NAMES[measure])
        if len(columns) > 1:
            models.setdefault(_columns(columns), []).append(model)
    for text, names in models.items():
        where = f" of {', '.join(names)}" if len(models) > 1 else ""
        yield f"tasks behind the columns{where}: {text}"


def _columns(columns: dict[tuple[str, ...], list[str]]) -> str:
    """Each group of columns with its tasks; those of the group before are "these"."""
    told, before = [], tuple[str, ...]()
    for tasks, names in columns.items():
        more = [task for task in tasks if task not in before]
        contained = before and set(before) <= set(tasks)
        listed = f"these and {', '.join(more)}" if contained else ", ".join(tasks)
        told.append(f"{', '.join(names)}: {listed}")
        before = tasks
    return "; ".join(told)
