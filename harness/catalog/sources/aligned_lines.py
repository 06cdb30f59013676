"""Reader of two files that translate each other line by line, LASER's layout of Tatoeba."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.catalog.sources.lines import check_end, read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample

MOST = 1_000  # LASER selected as many sentences for a language (data/tatoeba/v1/README.md), or fewer


def read(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Lines of the first file as candidates and of the second, English, as queries, numbered from 0.

    XTREME sorts the English side, so that its labels are line numbers; the pairs, and so the accuracy, are the same.
    Raises HarnessError when the files differ in length, are longer than any that was published, or are cut off.
    """
    candidates, queries = (read_lines(path, "one sentence a line") for path in paths)
    if len(candidates) != len(queries):
        raise HarnessError(
            f"{paths[0]}: {len(candidates)} lines, but {paths[1].name} has {len(queries)}; expected as many"
        )
    if len(queries) > MOST:
        raise HarnessError(f"{paths[0]}: {len(candidates)} lines; expected {MOST:,} at most, as published")
    for path in paths:
        check_end(path)
    for number, (candidate, query) in enumerate(zip(candidates, queries, strict=True)):
        yield RetrievalExample(str(number), query, candidate, (str(number),))
