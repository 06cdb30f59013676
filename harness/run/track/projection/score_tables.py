"""The scores of one point as files: CSV, Parquet, and JSON as MLflow's own tables are."""

import csv
import io
import json

import pyarrow
from pyarrow import parquet

from harness.analysis.points.gains import Gain
from harness.analysis.points.points import Point
from harness.analysis.report.export import point_scores_csv
from harness.run.track.projection.tracked import Artifact

NUMBERS = frozenset({"amount", "learning_rate", "score", "chance", "gain"})
COUNTS = frozenset({"pretrain_seed", "target_seed", "intermediate_seed", "batch_size", "n"})
# The tag in which `MlflowClient.log_table` says which artifacts are tables.
TABLES_TAG = {"mlflow.loggedArtifacts": json.dumps([{"path": "scores.json", "type": "table"}])}

Cell = str | float | int | None


def score_tables(point: Point, gain: Gain | None) -> dict[str, Artifact]:
    """One row per task and language, those without a column in MLflow among them."""
    text = point_scores_csv(point, gain)
    return {
        "scores.csv": text.encode(),
        "scores.json": lambda: _as_json(text),
        "scores.parquet": lambda: _as_parquet(text),
    }


def _as_json(text: str) -> bytes:
    names, rows = _read(text)
    return json.dumps({"columns": names, "data": rows}).encode()


def _as_parquet(text: str) -> bytes:
    names, rows = _read(text)
    columns = {name: pyarrow.array([row[place] for row in rows], type=_kind(name)) for place, name in enumerate(names)}
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


def _kind(name: str) -> pyarrow.DataType:
    return pyarrow.float64() if name in NUMBERS else pyarrow.int64() if name in COUNTS else pyarrow.string()


def _read(text: str) -> tuple[list[str], list[list[Cell]]]:
    names, *rows = csv.reader(io.StringIO(text))
    return names, [[_cell(name, cell) for name, cell in zip(names, row, strict=True)] for row in rows]


def _cell(name: str, cell: str) -> Cell:
    if not cell:
        return None
    return float(cell) if name in NUMBERS else int(cell) if name in COUNTS else cell
