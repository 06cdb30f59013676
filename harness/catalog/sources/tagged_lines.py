"""Reader of `token<TAB>tag` lines with a blank line between sentences, XTREME's format for POS and NER."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from harness.catalog.sources.lines import check_end, read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample
from harness.spec.load import nearest

EXPECTED = "token<TAB>tag lines, blank between sentences"


def read(paths: Sequence[Path], language: str, *, tags: tuple[str, ...]) -> Iterator[TaggedExample]:
    """Sentences in file order, numbered from 0; files of tokens alone have hidden gold, and `tags` is None.

    Raises HarnessError for a line without a tag in a file with tags, for a tag that is not among `tags`, and for a
    last line without a line end, which XTREME's utils_preprocess.py always writes.
    """
    numbers = count()
    known = frozenset(tags)
    for path in paths:
        lines = read_lines(path, EXPECTED)
        width = next((line.count("\t") + 1 for line in lines if line), 0)
        for first, end in _sentences(lines):
            fields = [line.split("\t") for line in lines[first:end]]
            words, *gold = zip(*fields, strict=False)
            sentence_tags = gold[0] if gold else None
            if (
                set(map(len, fields)) != {width}
                or width > 2
                or "" in words
                or not known.issuperset(sentence_tags or ())
            ):
                raise _refusal(path, first, fields, width, tags)
            yield TaggedExample(str(next(numbers)), words, sentence_tags)
        check_end(path)


def _sentences(lines: list[str]) -> Iterator[tuple[int, int]]:
    """First line and end of each sentence; blank lines in a row occur in published files and hold no sentence."""
    first = 0
    for place, line in enumerate((*lines, "")):
        if not line:
            if place > first:
                yield first, place
            first = place + 1


def _refusal(path: Path, first: int, fields: list[list[str]], width: int, tags: tuple[str, ...]) -> HarnessError:
    for number, row in enumerate(fields, start=first + 1):
        if len(row) != width or width > 2 or not row[0]:
            shown = "<TAB>".join(row)[:60]
            return HarnessError(f"{path}, line {number}: '{shown}' is not one of {EXPECTED}; is the file cut off?")
        if row[1:] and row[1] not in tags:
            return HarnessError(f"{path}, line {number}: unknown tag '{row[1]}'; {nearest(row[1], tags)}")
    raise AssertionError("every line is in order")
