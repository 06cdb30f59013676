"""Readers of CCG supertags: the trees of CCGbank, and lines of words beside their tags as jiant reads them."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from harness.catalog.sources.lines import read_lines
from harness.catalog.sources.records import Record, distinct
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample

HEADING = re.compile(r"ID=(\S+) ")
# (<L category modified-POS original-POS word predicate-argument-category ...>)
LEAF = re.compile(r"<L (\S+) \S+ \S+ (\S+) [^<>]+>")
NODE = re.compile(r"<[^<>]*>")
TREE = "a line ID=... and a line with its tree, (<T ...> ...)"
PAIR = "words<TAB>supertags lines, both between spaces"


def read_trees(paths: Sequence[Path], language: str) -> Iterator[TaggedExample]:
    """The leaves of CCGbank's `.auto` files, a heading and a tree a line; ids are the bank's.

    Raises HarnessError, naming file and line, for a heading without its tree and a tree that is not whole.
    """
    return distinct(row for path in paths for row in _trees(path))


def read_lines_of_tags(paths: Sequence[Path], language: str) -> Iterator[TaggedExample]:
    """Lines `words<TAB>supertags`, numbered from 0; raises HarnessError where a line has not a tag for every word."""
    numbers = count()
    for path in paths:
        for number, line in enumerate(read_lines(path, PAIR), start=1):
            fields = [tuple(field.split()) for field in line.split("\t")]
            if len(fields) != 2 or len(fields[0]) != len(fields[1]) or not fields[0]:
                found = " and ".join(str(len(field)) for field in fields)
                raise HarnessError(
                    f"{path}, line {number}: {found} items between tabs; expected {PAIR}, as many of each"
                )
            yield TaggedExample(str(next(numbers)), *fields)


def _trees(path: Path) -> Iterator[tuple[Record, TaggedExample]]:
    lines = read_lines(path, TREE)
    for number in range(0, len(lines), 2):
        heading, tree = (*lines[number : number + 2], "")[:2]
        named, leaves = HEADING.match(heading), LEAF.findall(tree)
        where = f"{path}, line {number + 1}"
        if not named:
            raise HarnessError(f"{where}: '{heading[:40]}'; expected {TREE}")
        if not leaves or not _whole(tree):
            raise HarnessError(f"{path}, line {number + 2}: the tree of {named[1]} is not whole; is the file cut off?")
        tags, words = zip(*leaves, strict=True)
        yield Record({}, where), TaggedExample(named[1], words, tags)


def _whole(tree: str) -> bool:
    """Whether every bracket outside the nodes is closed, and nothing stands beside them."""
    outside = NODE.sub("", tree).replace(" ", "")
    return outside.count("(") == outside.count(")") and not outside.strip("()")
