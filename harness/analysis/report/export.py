"""The numbers of an answer as CSV and Parquet: one row per score, one row per point; nothing is rounded."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet

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
    *(f"flops_{name}" for name in ("before_target", *COST_NAMES)),
    *DESCRIBED,
    *("same_source", "status"),
)


# Other columns hold numbers; a column that is empty throughout keeps its kind.
WORDS = {"model", "intermediate", "unit", "control", "task", "language", "level", "values", "missing"} | {
    *("series", "attention", "method", "same_source", "status")
}
COUNTS = {"n", "batch_size", "pretrain_seed", "target_seed", "intermediate_seed"} | {
    name for name in DESCRIBED if name.startswith("parameters_")
}


def scores_csv(answer: Answer) -> str:
    """One row per point, task and language; scores in percent, gains in points."""
    return _text((*AXES, *SCORE_COLUMNS), _every_score(answer))


def scores_parquet(answer: Answer) -> bytes:
    """As `scores_csv`, with typed columns."""
    return _parquet((*AXES, *SCORE_COLUMNS), _every_score(answer))


def point_scores_csv(point: Point, gain: Gain | None) -> str:
    """The scores of one point, one row per task and language."""
    return _text((*AXES, *SCORE_COLUMNS), _score_rows(point, gain))


def points_csv(answer: Answer) -> str:
    """One row per point: aggregates, gains, model FLOPs by role, and what its model and method are."""
    return _text((*AXES, *POINT_COLUMNS), _every_point(answer))


def points_parquet(answer: Answer) -> bytes:
    """As `points_csv`, with typed columns."""
    return _parquet((*AXES, *POINT_COLUMNS), _every_point(answer))


def _every_score(answer: Answer) -> Iterator[Sequence[object]]:
    gains = {gain.at: gain for gain in answer.gains}
    return (row for point in answer.points for row in _score_rows(point, gains.get(point.at)))


def _every_point(answer: Answer) -> Iterator[Sequence[object]]:
    gains = {gain.at: gain.aggregates for gain in answer.gains}
    return (_point_row(point, gains.get(point.at, {})) for point in answer.points)


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


def _parquet(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    made = list(zip(*rows, strict=True)) or [()] * len(columns)
    typed = {name: pa.array(own, _kind(name)) for name, own in zip(columns, made, strict=True)}
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table(typed), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _kind(column: str) -> pa.DataType:
    if column in WORDS:
        return pa.string()
    if column == "at_chance":
        return pa.bool_()
    return pa.int64() if column in COUNTS else pa.float64()
