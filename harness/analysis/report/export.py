"""The numbers of an answer as CSV text: one row per score, one row per point; nothing is rounded."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURES
from harness.analysis.points.aggregates import OFFICIAL
from harness.analysis.points.costs import COST_NAMES, model_flops
from harness.analysis.points.gains import Gain
from harness.analysis.points.items import gain_error, score_error
from harness.analysis.points.language_scores import at_chance
from harness.analysis.points.methods import DESCRIBED, described
from harness.analysis.points.points import Point
from harness.analysis.values import Missing, Value
from harness.plan.sweeps.study import Coordinates

AXES = tuple(Coordinates.__dataclass_fields__)
ERRORS = ("item_error", "gain_item_error")  # standard errors in points, from test items alone
SCORE_COLUMNS = (
    *("task", "language", "level", "score", "values", "chance", "n", "at_chance", "gain"),
    *ERRORS,
    "missing",
)
MEANS = (*MEASURES, *OFFICIAL)
POINT_COLUMNS = (
    *MEANS,
    *(f"gain_{measure}" for measure in MEANS),
    *("before_target", *COST_NAMES),
    *DESCRIBED,
    *("same_source", "status"),
)


def scores_csv(answer: Answer) -> str:
    """One row per point, task and language; scores in percent, gains in points."""
    gains = {gain.at: gain for gain in answer.gains}
    rows = (row for point in answer.points for row in _score_rows(point, gains.get(point.at)))
    return _text((*AXES, *SCORE_COLUMNS), rows)


def point_scores_csv(point: Point, gain: Gain | None) -> str:
    """The scores of one point, one row per task and language."""
    return _text((*AXES, *SCORE_COLUMNS), _score_rows(point, gain))


def points_csv(answer: Answer) -> str:
    """One row per point: aggregates, gains, model FLOPs by role, and what its model and method are."""
    gains = {gain.at: gain.aggregates for gain in answer.gains}
    return _text((*AXES, *POINT_COLUMNS), (_point_row(point, gains.get(point.at, {})) for point in answer.points))


def _score_rows(point: Point, gain: Gain | None) -> Iterable[Sequence[object]]:
    for task, languages in point.scores.items():
        for language, score in languages.items():
            start = (*_axes(point), task, language, point.levels[language])
            if isinstance(score, Missing):
                yield (*start, *[None] * (6 + len(ERRORS)), score.reason)
                continue
            values = " ".join(f"{name}={value!r}" for name, value in score.values.items())
            gained = _plain(gain.cells[task][language]) if gain else None
            errors = (_plain(score_error(score)), _plain(gain_error(gain, task, language)) if gain else None)
            told = (score.values["score"], values, score.chance, score.n, at_chance(score), gained)
            yield (*start, *told, *errors, None)


def _point_row(point: Point, gain: Mapping[str, Value]) -> Sequence[object]:
    about = described(point.planned)
    return (
        *_axes(point),
        *(_plain(point.aggregates.get(measure)) for measure in MEANS),
        *(_plain(gain.get(measure)) for measure in MEANS),
        _plain(point.cost.before_target),
        *(_plain(model_flops(cost)) for cost in point.cost.by_name.values()),
        *(about.get(name) for name in DESCRIBED),
        " ".join(point.same_source),
        point.status,
    )


def _axes(point: Point) -> tuple[object, ...]:
    return tuple(getattr(point.at, axis) for axis in AXES)


def _plain(value: Value | None) -> float | None:
    return None if isinstance(value, Missing) else value


def _text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()
