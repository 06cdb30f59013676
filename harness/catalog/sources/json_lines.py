"""Records of JSON lines: one object a line, or with the labels in a second file beside it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.catalog.sources.json_text import parse
from harness.catalog.sources.lines import read_lines
from harness.catalog.sources.records import Record
from harness.spec.errors import HarnessError

EXPECTED = "one JSON object a line"


def read(paths: Sequence[Path]) -> Iterator[Record]:
    """The object of every line of every file; raises HarnessError for a line that holds none, such as a cut-off one."""
    for path in paths:
        for number, line in enumerate(read_lines(path, EXPECTED), start=1):
            yield _record(line, f"{path}, line {number}")


def read_with_labels(paths: Sequence[Path]) -> Iterator[Record]:
    """The objects of the first file, each with the line of the second as its field `label`.

    Raises HarnessError where one file is longer than the other.
    """
    objects, lines = list(read(paths[:1])), read_lines(paths[1], "one label a line")
    if len(objects) != len(lines):
        raise HarnessError(
            f"{paths[1]}: {len(lines)} labels, but {paths[0].name} has {len(objects)} rows; expected as many"
        )
    for record, line in zip(objects, lines, strict=True):
        yield record._replace(fields={**record.fields, "label": line.strip()})


def _record(line: str, where: str) -> Record:
    fields = parse(line, where, EXPECTED)
    if not isinstance(fields, dict):
        raise HarnessError(f"{where}: holds {line[:40]}; expected {EXPECTED}")
    return Record(fields, where)
