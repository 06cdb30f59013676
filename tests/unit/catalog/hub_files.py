"""Parquet files as the hub has them, made up in tests, and the rows that a task reads from them or from files."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.catalog import find
from harness.catalog.sources.published import Files, Layout
from harness.spec.example import Example


def put(path: Path, columns: dict[str, list[Any]], features: dict[str, Any] | None = None) -> Path:
    """A Parquet file, with features as the hub's library writes them into the schema."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=2)
    return path


def layouts(task: str, split: str) -> tuple[list[Layout], Layout]:
    """The layouts of published files, and that of the hub."""
    source = find.task(task).source
    assert isinstance(source, Files)
    of_split = [layout for layout in source.layouts if split in layout.splits]
    return [layout for layout in of_split if not layout.hub], next(layout for layout in of_split if layout.hub)


def from_file(task: str, split: str, ending: str, path: Path, text: str, language: str = "en") -> list[Example]:
    """The rows of a published file, by the first layout whose path ends so."""
    path.write_bytes(text.encode())
    (layout, *_) = [each for each in layouts(task, split)[0] if each.paths[0].endswith(ending)]
    return list(layout.read([path], language))


def from_hub(task: str, split: str, path: Path, language: str = "en") -> list[Example]:
    return list(layouts(task, split)[1].read([path], language))
