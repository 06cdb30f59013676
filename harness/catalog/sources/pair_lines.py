"""Reader of XTREME's sentence pairs in tab-separated lines, and what its preparation makes of a published text."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from harness.catalog.sources.lines import read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import PairExample
from harness.spec.load import nearest


def read_xtreme(paths: Sequence[Path], language: str, *, labels: tuple[str, ...]) -> Iterator[PairExample]:
    """Lines `first<TAB>second<TAB>label`, numbered from 0; lines of two columns have hidden gold.

    Quotation marks stay in the text: XTREME writes these files with csv quoting and reads them without.
    Raises HarnessError for a line of another width or an unknown label.
    """
    numbers = count()
    for path in paths:
        width = 0
        for number, line in enumerate(read_lines(path, "first<TAB>second<TAB>label lines"), start=1):
            fields = line.split("\t")
            width = width or len(fields)
            if len(fields) != width or width not in (2, 3):
                raise HarnessError(
                    f"{path}, line {number}: {len(fields)} columns; expected first<TAB>second<TAB>label, "
                    "or no label in the whole file"
                )
            label = _label(fields[2], labels, path, number) if width == 3 else None
            yield PairExample(str(next(numbers)), fields[0], fields[1], label)


def as_prepared(text: str) -> str:
    """A published text as XTREME's models read it: its ends stripped, and with its quotation marks in csv quoting.

    utils_preprocess.py writes with csv.writer and the processors read without quoting, so that a text with a quotation
    mark is quoted as a whole and has each of its own twice.
    """
    stripped = text.strip()
    return '"' + stripped.replace('"', '""') + '"' if '"' in stripped else stripped


def _label(label: str, labels: tuple[str, ...], path: Path, number: int) -> str:
    if label not in labels:
        raise HarnessError(f"{path}, line {number}: unknown label '{label[:40]}'; {nearest(label, labels)}")
    return label
