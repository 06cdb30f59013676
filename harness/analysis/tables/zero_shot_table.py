"""The zero-shot gap: how far the other languages are behind English, and whether intermediate training closes that."""

from collections.abc import Iterator, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.estimates import Estimate
from harness.analysis.points.gains import Gain
from harness.analysis.points.points import Point
from harness.analysis.points.seeds import kind_of, over
from harness.analysis.table import Table, number, signed
from harness.analysis.tables.axes import axes, texts
from harness.analysis.tables.places import Place, places
from harness.analysis.values import Missing, Value, difference, mean
from harness.catalog.languages import ENGLISH

MARK = "*"


def zero_shot_tables(answer: Answer) -> Iterator[Table]:
    """English minus the mean of the other languages in points, by task; no table where no task has English."""
    tasks = _tasks(answer)
    if not tasks:
        return
    rows = places(answer)
    along = axes(answer.study.sweep.axis[0], [place.at for place in rows])
    yield Table(
        title="Zero-shot gap in points: English minus the mean of the other languages (change from the baseline)",
        columns=(*(name for name, _ in along), *tasks, *(["mean"] if len(tasks) > 1 else [])),
        sections=(tuple((*texts(along, place.at), *_cells(place, tasks)) for place in rows),),
        names=len(along),
        notes=tuple(_notes(answer)),
    )


def gap(point: Point, task: str) -> Value:
    """How many points English is ahead of the mean of the task's other languages."""
    cells = point.cells[task]
    others = mean({language: value for language, value in cells.items() if language != ENGLISH})
    english = cells[ENGLISH]
    if isinstance(english, Missing):
        return Missing(f"{ENGLISH}: {english.reason}")
    return others if isinstance(others, Missing) else english - others


def _tasks(answer: Answer) -> list[str]:
    """The tasks that have English and another language."""
    return [task for task, cells in answer.points[0].cells.items() if ENGLISH in cells and len(cells) > 1]


def _cells(place: Place, tasks: Sequence[str]) -> Iterator[str]:
    for own in [*([task] for task in tasks), *([tasks] if len(tasks) > 1 else [])]:
        yield _cell(place, own)


def _cell(place: Place, tasks: Sequence[str]) -> str:
    ahead = number(place.mean(lambda point: _mean(point, tasks)))
    change = place.gained(lambda gain: _change(gain, tasks))
    if change is None:
        return ahead
    if isinstance(change, Estimate):
        return f"{ahead} ({signed(change.mean)}{'' if change.is_noise else MARK})"
    return f"{ahead} (missing)"


def _mean(point: Point, tasks: Sequence[str]) -> Value:
    return mean({task: gap(point, task) for task in tasks})


def _change(gain: Gain, tasks: Sequence[str]) -> Value:
    return difference(_mean(gain.point, tasks), _mean(gain.baseline, tasks), "baseline")


def _notes(answer: Answer) -> Iterator[str]:
    yield "a change below zero closes the gap: it does so too where English falls, so read it beside the gains"
    if kind_of(answer.study):
        yield f"marked {MARK}: the 95 % interval of the change over {over(answer.study)} excludes zero"
