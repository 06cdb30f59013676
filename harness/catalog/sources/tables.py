"""Records of tables under a header line: columns between tabs without quoting, or CSV with it."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from harness.catalog.sources.lines import read_lines
from harness.catalog.sources.records import Record
from harness.files.atomic import read_text
from harness.spec.errors import HarnessError

EXPECTED = "a table under a header line"


def read_tabs(
    paths: Sequence[Path], *, columns: Sequence[str], least: str | None = None, skipped: int = 0
) -> Iterator[Record]:
    """The lines of tables between tabs, by the names of their columns.

    Rows are as wide as the header, or end at the column `least` or after it, where writers left empty columns away.
    `skipped` lines at most may be narrower and are left out: pieces of rows that a line end inside a text tore apart.
    Raises HarnessError for a header without `columns` and a row of another width.
    """
    for path in paths:
        heading, *lines = read_lines(path, EXPECTED)
        header = _header(heading.split("\t"), columns, path)
        narrowest = header.index(least) + 1 if least else len(header)
        left = skipped
        for number, line in enumerate(lines, start=2):
            fields = line.split("\t")
            if len(fields) < narrowest and left:
                left -= 1
            elif not narrowest <= len(fields) <= len(header):
                raise HarnessError(f"{path}, line {number}: {len(fields)} columns; expected {len(header)}")
            else:
                yield Record(dict(zip(header, fields, strict=False)), f"{path}, line {number}")


def read_commas(paths: Sequence[Path], *, columns: Sequence[str]) -> Iterator[Record]:
    """The rows of CSV files, whose quoted texts may hold line ends; the place is that of a row's last line.

    Raises HarnessError for a header without `columns`, a row of another width and a quotation that is not closed.
    """
    for path in paths:
        lines = csv.reader(StringIO(read_text(path, EXPECTED).removeprefix("\ufeff"), newline=""), strict=True)
        try:
            header = _header(next(lines, []), columns, path)
            for fields in lines:
                where = f"{path}, line {lines.line_num}"
                if len(fields) != len(header):
                    raise HarnessError(f"{where}: {len(fields)} columns; expected {len(header)}")
                yield Record(dict(zip(header, fields, strict=True)), where)
        except csv.Error as error:
            raise HarnessError(f"{path}, line {lines.line_num}: not complete CSV ({error})") from error


def _header(header: list[str], columns: Sequence[str], path: Path) -> list[str]:
    if not header:
        raise HarnessError(f"{path}: is empty; expected {EXPECTED}")
    for column in columns:
        if column not in header:
            raise HarnessError(f"{path}, line 1: no column '{column}'; expected {EXPECTED} with {', '.join(columns)}")
    return header
