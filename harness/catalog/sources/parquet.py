"""Records of Parquet files, as the hub has data sets, and the layouts of their mirror in the data folder."""

import dataclasses
import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.catalog.memory import file_digest
from harness.catalog.sources.places import Counts, layouts
from harness.catalog.sources.published import Layout, Reader
from harness.catalog.sources.records import Record
from harness.files import mirror
from harness.spec.errors import HarnessError
from harness.spec.task import Hub

NO_CLASS = -1  # the hub's label of rows whose gold is hidden; it becomes the name ""
BATCH_ROWS = 4096

Classes = Mapping[str, tuple[str, ...]]


def hub_layouts(
    hub: Hub,
    paths: Sequence[str],
    read: Reader,
    names: Mapping[str, str],
    counts: Counts | None = None,
    languages: tuple[str, ...] | None = None,
) -> tuple[Layout, ...]:
    """The layouts of a data set's mirror, one a split; `paths` are those in its repository.

    They hold `*` for the numbers of shards, and {name}, which stands for what `names` says a split is called there.
    """
    start = f"{mirror.data_folder(hub.repo, hub.revision)}/"
    made = layouts((start,), paths, read, names, counts, languages)
    return tuple(dataclasses.replace(layout, hub=hub) for layout in made)


def read(paths: Sequence[Path], *, columns: Sequence[str], classes: Classes | None = None) -> Iterator[Record]:
    """The rows of all files, of `columns` alone; `classes` names the numbers of some columns, or of lists in them.

    Raises HarnessError, naming the file, for one that is not what was fetched, is no Parquet file, or lacks a column,
    whose own names of classes are others, or which holds a number without a name.
    """
    for path in paths:
        check_fetched(path)
        yield from _rows(path, columns, classes or {})


def check_fetched(path: Path) -> None:
    """Raise HarnessError for a file in a mirror that is not whole, or is not what was fetched."""
    folder = mirror.folder_of(path)
    if folder is None:
        return
    found = mirror.manifest(folder)
    name = path.relative_to(folder).as_posix()
    if found is None or name not in found.files:
        raise HarnessError(f"{path}: is not in {folder / mirror.MANIFEST}, so its fetch did not end; {mirror.REMEDY}")
    mirror.check_file(folder, name, found.files[name], file_digest(path))


def _rows(path: Path, columns: Sequence[str], classes: Classes) -> Iterator[Record]:
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            _check_schema(path, file.schema_arrow, columns, classes)
            number = 0
            for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
                for row in batch.to_pylist():
                    number += 1
                    where = f"{path}, row {number}"
                    named = {name: _named(row[name], known, where) for name, known in classes.items()}
                    yield Record({**row, **named}, where)
    except (arrow.ArrowException, OSError) as error:
        raise HarnessError(f"{path}: is not a whole Parquet file ({' '.join(str(error).split())[:100]})") from error


def _check_schema(path: Path, schema: Any, columns: Sequence[str], classes: Classes) -> None:
    for column in columns:
        if column not in schema.names:
            raise HarnessError(f"{path}: has no column '{column}'; found {', '.join(schema.names)}")
    said = json.loads((schema.metadata or {}).get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    for column, known in classes.items():
        names = _class_names(said.get(column))
        if names is not None and tuple(names) != known:
            raise HarnessError(
                f"{path}: the classes of '{column}' are {', '.join(names)[:60]}; expected {', '.join(known)[:60]}"
            )


def _class_names(feature: Any) -> list[str] | None:
    """The names of a class label, or of a list of them, in the features that the hub writes into a file's schema."""
    if isinstance(feature, list):
        return _class_names(feature[0])
    if not isinstance(feature, dict):
        return None
    names: list[str] | None = feature.get("names")
    return names or _class_names(feature.get("feature"))


def _named(value: Any, known: tuple[str, ...], where: str) -> Any:
    if isinstance(value, list):
        return [_named(item, known, where) for item in value]
    if value == NO_CLASS:
        return ""
    if not isinstance(value, int) or not 0 <= value < len(known):
        raise HarnessError(f"{where}: class {value!r:.20}; expected 0 to {len(known) - 1}, or {NO_CLASS} where hidden")
    return known[value]
