"""Reader of plain text, a line a text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.catalog.sources.lines import read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import TextExample


def read(paths: Sequence[Path], language: str) -> Iterator[TextExample]:
    """Lines with anything on them, by their numbers from 1; raises HarnessError for a file without any."""
    for path in paths:
        found = 0
        for number, line in enumerate(read_lines(path, "one text a line"), start=1):
            if line.strip():
                found += 1
                yield TextExample(str(number), line.strip())
        if not found:
            raise HarnessError(f"{path}: every line is blank; expected one text a line")
