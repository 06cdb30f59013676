"""Readers of Tatoeba: two files that translate each other line by line (LASER), and those that XTREME makes of them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from harness.catalog.sources.lines import check_end, read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample

MOST = 1_000  # LASER selected as many sentences for a language (data/tatoeba/v1/README.md), or fewer


def read(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Lines of the first file as candidates and of the second, English, as queries, numbered from 0.

    Raises HarnessError when the files differ in length, are longer than any that was published, or are cut off.
    """
    for number, (candidate, query) in enumerate(_lines(paths)):
        yield RetrievalExample(str(number), query, candidate, (str(number),))


def read_sorted(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """As `read`, but of English lines that XTREME has sorted, so that their answers are hidden.

    The first candidate of query n is what XTREME wants on line n of a submission, and what its labels are: the number
    of a line in the first file. Raises HarnessError also for lines in another order.
    """
    pairs = list(_lines(paths))
    queries = [query for _, query in pairs]
    for number, (before, after) in enumerate(pairwise(queries), start=2):
        if after < before:
            raise HarnessError(
                f"{paths[1]}, line {number}: sorts before the line above; expected English lines as XTREME sorts them"
            )
    for number, (candidate, query) in enumerate(pairs):
        yield RetrievalExample(str(number), query, candidate, None)


def _lines(paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    candidates, queries = (read_lines(path, "one sentence a line") for path in paths)
    if len(candidates) != len(queries):
        raise HarnessError(
            f"{paths[0]}: {len(candidates)} lines, but {paths[1].name} has {len(queries)}; expected as many"
        )
    if len(queries) > MOST:
        raise HarnessError(f"{paths[0]}: {len(candidates)} lines; expected {MOST:,} at most, as published")
    for path in paths:
        check_end(path)
    return zip(candidates, queries, strict=True)
