"""Readers of sentence pairs in tab-separated lines: XTREME's preparation, and XNLI as first published."""

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


def read_xnli(paths: Sequence[Path], language: str, *, labels: tuple[str, ...]) -> Iterator[PairExample]:
    """Rows of one language in XNLI-1.0's files, which hold all languages under a header line.

    Ids are the numbers of the rows within the language, as in XTREME's files. Raises HarnessError.
    """
    numbers = count()
    for path in paths:
        heading, *lines = read_lines(path, "XNLI-1.0 with a header line")
        header = heading.split("\t")
        wanted = ("language", "sentence1", "sentence2", "gold_label")
        for column in wanted:
            if column not in header:
                raise HarnessError(f"{path}, line 1: no column '{column}'; expected the header of XNLI-1.0")
        for number, line in enumerate(lines, start=2):
            fields = line.split("\t")
            if len(fields) != len(header):
                raise HarnessError(f"{path}, line {number}: {len(fields)} columns; expected {len(header)}")
            found, first, second, label = (fields[header.index(column)] for column in wanted)
            if found == language:
                yield PairExample(str(next(numbers)), first, second, _label(label, labels, path, number))


def _label(label: str, labels: tuple[str, ...], path: Path, number: int) -> str:
    if label not in labels:
        raise HarnessError(f"{path}, line {number}: unknown label '{label[:40]}'; {nearest(label, labels)}")
    return label
