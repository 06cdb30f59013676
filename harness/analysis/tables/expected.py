"""Published values beside the measured ones: what a sweep says it expects, and whether it came within the tolerance."""

from collections.abc import Iterator

from harness.analysis.answer import Answer
from harness.analysis.points.aggregates import by_task
from harness.analysis.points.gains import Gain
from harness.analysis.points.points import Point
from harness.analysis.table import Row, Table, number, signed
from harness.analysis.values import Missing, Value, mean_of_repeats
from harness.plan.sweeps.sweep import Expected


def expected_tables(answer: Answer) -> Iterator[Table]:
    """One table with a row for each published value, or none where the sweep names none."""
    rows = tuple(_row(answer, each) for each in answer.study.sweep.expected)
    if rows:
        yield Table(
            title="Published values: the mean over seeds beside them, in points",
            columns=(
                "measure",
                "model",
                "after",
                "source",
                "measured",
                "published",
                "difference",
                "tolerance",
                "within",
            ),
            sections=(rows,),
            names=4,
        )


def measured(point: Point, measure: str, gain: Gain | None = None) -> Value:
    """What a point, with its `gain`, has for a measure such as xnli/score, xnli/de, xtreme/score or gain/low.

    `score_f1` counts question answering by F1 alone, as several papers do. A suite's score is that of its whole test
    sets in the suite's own languages, even where the point has more of either; else it is missing with the reason.
    """
    owner, _, name = measure.partition("/")
    if owner in point.cells:
        return _of_task(point, owner, name)
    if owner == "targets":
        found = point.aggregates
    elif owner == "gain":
        found = gain.aggregates if gain else {}
    else:
        found = point.suite(owner)
    if name in found:
        return found[name]
    lacking = found.get("score")
    return lacking if isinstance(lacking, Missing) else Missing(f"{owner} has no '{name}' here")


def _of_task(point: Point, task: str, name: str) -> Value:
    cells = point.by_f1 if name == "score_f1" else point.cells
    return cells[task][name] if name in cells[task] else by_task(cells)[task]


def _row(answer: Answer, expected: Expected) -> Row:
    gains = {gain.at: gain for gain in answer.gains}
    repeats = [
        measured(point, expected.measure, gains.get(point.at))
        for point in answer.points
        if (point.at.model, point.at.intermediate, point.at.control) == (expected.model, expected.intermediate, None)
    ]
    found = mean_of_repeats(repeats) if repeats else Missing("no such point")
    away: Value = found if isinstance(found, Missing) else found - expected.value
    within = "" if isinstance(away, Missing) else "yes" if abs(away) <= expected.tolerance else "no"
    return (
        expected.measure,
        expected.model,
        expected.intermediate,
        expected.source,
        number(found),
        f"{expected.value:g}",
        signed(away),
        f"{expected.tolerance:g}",
        within,
    )
