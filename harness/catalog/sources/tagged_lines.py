"""Readers of `token<TAB>tag` lines with a blank line between sentences: XTREME's for POS and NER, and WikiANN's."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from harness.catalog.sources.lines import check_end, read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample
from harness.spec.load import nearest

EXPECTED = "token<TAB>tag lines, blank between sentences"
WIKIANN = "language:token<TAB>tag lines, blank between sentences"
BLANK = " \r\f\v"  # of these alone no word is made; other spaces of Unicode may be words of published files


def read(paths: Sequence[Path], language: str, *, tags: tuple[str, ...]) -> Iterator[TaggedExample]:
    """Sentences in file order, numbered from 0; files of tokens alone have hidden gold, and `tags` is None.

    Raises HarnessError for a line without a word, or without a tag in a file with tags, for a tag that is not among
    `tags`, for a file without a sentence, and for a last line without a line end, which XTREME's utils_preprocess.py
    always writes.
    """
    numbers = count()
    for path in paths:
        lines = read_lines(path, EXPECTED)
        width = next((line.count("\t") + 1 for line in lines if line), 0)
        for first, end in _sentences(path, lines):
            yield _sentence(path, first, [line.split("\t") for line in lines[first:end]], width, tags, next(numbers))
        check_end(path)


def read_wikiann(paths: Sequence[Path], language: str, *, tags: tuple[str, ...]) -> Iterator[TaggedExample]:
    """Sentences of WikiANN's own files, where each token stands after its language and a colon.

    Raises HarnessError for a line that is not so, that is in another language, or with a tag that is not among `tags`,
    and for a file without a sentence.
    """
    numbers = count()
    mark = f"{language}:"
    for path in paths:
        lines = read_lines(path, WIKIANN)
        for first, end in _sentences(path, lines):
            for number, line in enumerate(lines[first:end], start=first + 1):
                if not line.startswith(mark):
                    raise HarnessError(f"{path}, line {number}: '{line[:60]}' is not one of {WIKIANN}, in '{language}'")
            fields = [line.removeprefix(mark).split("\t") for line in lines[first:end]]
            yield _sentence(path, first, fields, 2, tags, next(numbers))
        check_end(path)


def _sentences(path: Path, lines: list[str]) -> Iterator[tuple[int, int]]:
    """First line and end of each sentence; blank lines in a row occur in published files and hold no sentence.

    Raises HarnessError for a file without any.
    """
    first = found = 0
    for place, line in enumerate((*lines, "")):
        if not line:
            if place > first:
                found += 1
                yield first, place
            first = place + 1
    if not found:
        raise HarnessError(f"{path}: holds no sentence; expected {EXPECTED}")


def _sentence(
    path: Path, first: int, fields: list[list[str]], width: int, tags: tuple[str, ...], number: int
) -> TaggedExample:
    """The sentence whose first line has the index `first`, if all of its lines are in order."""
    for line, row in enumerate(fields, start=first + 1):
        if len(row) != width or width > 2 or not row[0].strip(BLANK):
            shown = "<TAB>".join(row)[:60]
            raise HarnessError(f"{path}, line {line}: '{shown}' is not one of {EXPECTED}; is the file cut off?")
        if row[1:] and row[1] not in tags:
            raise HarnessError(f"{path}, line {line}: unknown tag '{row[1]}'; {nearest(row[1], tags)}")
    words, *gold = zip(*fields, strict=True)
    return TaggedExample(str(number), words, gold[0] if gold else None)
