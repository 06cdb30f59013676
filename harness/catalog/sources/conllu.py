"""Reader of raw CoNLL-U treebanks that gives token for token what XTREME's preparation of UD gives.

What XTREME does is in scripts/download_data.sh and utils_preprocess.py; `fused_tokens` has a part of it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from harness.catalog.sources.fused_tokens import OWN_PRECEDENCE, PRECEDENCE, Fused, Token, Word, surface
from harness.catalog.sources.lines import read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample
from harness.spec.load import nearest

EXPECTED = "CoNLL-U: 10 columns between tabs, a blank line after each sentence"
COLUMNS = 10
ABSENT = "_"
JOINER = "\u200c"  # zero-width non-joiner, which Persian writes within words

NUMBER = re.compile(r"\d{1,9}", re.ASCII)
RANGE = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)
EMPTY_NODE = re.compile(r"\d{1,9}\.\d{1,9}", re.ASCII)
ARC = re.compile(r"(\d{1,9})(\.\d{1,9})?:.+", re.ASCII)  # of the enhanced tree: head and relation


def read(paths: Sequence[Path], language: str, *, tags: tuple[str, ...]) -> Iterator[TaggedExample]:
    """Sentences of all treebanks in the order of the files, numbered from 0.

    Sentences whose words are hidden (`_` for all, or all but one) are left out, as XTREME does. Raises HarnessError for
    a line that is not CoNLL-U, a head that is no word of its sentence, a tag that is not among `tags`, a file without
    a sentence, and one whose last sentence is not closed.
    """
    numbers = count()
    order = OWN_PRECEDENCE.get(language, PRECEDENCE).split()
    for path in paths:
        lines = read_lines(path, EXPECTED)
        if lines[-1]:
            raise HarnessError(f"{path}, line {len(lines)}: no blank line follows the last sentence; is it cut off?")
        found = 0
        for first, sentence in _sentences(lines):
            tokens = surface(path, _rows(path, first, sentence, tags), order)
            found += bool(tokens)
            if tokens and _shown([token.form for token in tokens]):
                forms = tuple(token.form.replace(JOINER, "").replace(" ", "") for token in tokens)
                yield TaggedExample(str(next(numbers)), forms, tuple(_tag(path, token, tags) for token in tokens))
        if not found:
            raise HarnessError(f"{path}: holds no sentence; expected {EXPECTED}")


def _tag(path: Path, token: Token, tags: tuple[str, ...]) -> str:
    """The tag of a token that is kept; the hidden words of sentences that are left out need none."""
    if token.tag not in tags:
        raise HarnessError(f"{path}, line {token.line}: unknown tag '{token.tag}'; {nearest(token.tag, tags)}")
    return token.tag


def _sentences(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Number of the first line, from 1, and the lines of each sentence, comments and all."""
    first = 0
    for place, line in enumerate(lines):
        if not line:
            if place > first:
                yield first + 1, list(lines[first:place])
            first = place + 1


def _rows(path: Path, first: int, sentence: Sequence[str], tags: tuple[str, ...]) -> Iterator[Word | Fused]:
    """The words and fused tokens of a sentence in their order; empty nodes are left out."""
    words = count(1)
    for number, line in enumerate(sentence, start=first):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != COLUMNS:
            raise HarnessError(f"{path}, line {number}: {len(fields)} columns; expected {EXPECTED}")
        id_, form, _, tag, _, _, head, _, deps, _ = fields
        try:
            if not form.strip():
                raise ValueError("the form is empty")
            if fused := RANGE.fullmatch(id_):
                yield Fused(form.strip(), int(fused[1]), int(fused[2]), number)
            elif not EMPTY_NODE.fullmatch(id_):
                _follows(id_, next(words))
                known = tag if form == ABSENT else _known(tag, tags)
                yield Word(form.strip(), known, _heads(head, deps), number)
        except ValueError as error:
            raise HarnessError(f"{path}, line {number}: '{line[:60]}': {error}; expected {EXPECTED}") from error


def _follows(id_: str, number: int) -> None:
    if id_ != str(number):
        raise ValueError(f"the word's number is not {number}")


def _known(tag: str, tags: tuple[str, ...]) -> str:
    if tag not in tags:
        raise ValueError(f"unknown tag '{tag}'; {nearest(tag, tags)}")
    return tag


def _heads(head: str, deps: str) -> tuple[int, ...]:
    """Heads in the basic tree and, as in XTREME's converter, in the enhanced one; empty nodes are no heads."""
    if head != ABSENT and not NUMBER.fullmatch(head):
        raise ValueError(f"the head '{head}' is no number")
    heads = [] if head == ABSENT else [int(head)]
    for given in [] if deps == ABSENT else deps.split("|"):
        arc = ARC.fullmatch(given)
        if not arc:
            raise ValueError(f"'{given}' in DEPS is no head with its relation")
        if not arc[2]:
            heads.append(int(arc[1]))
    return tuple(heads)


def _shown(forms: Sequence[str]) -> bool:
    hidden = forms.count(ABSENT)
    return not hidden or hidden < len(forms) - 1
