"""Reader of raw CoNLL-U treebanks that gives token for token what XTREME's preparation of UD gives.

XTREME (scripts/download_data.sh, utils_preprocess.py and third_party/ud-conversion-tools @838c13b) puts the surface
form in place of the words that a fused token stands for, with the tag of the word nearest to the root.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from harness.catalog.sources.lines import read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample
from harness.spec.load import nearest

EXPECTED = "CoNLL-U: 10 columns between tabs, a blank line after each sentence"
COLUMNS = 10
ABSENT = "_"
JOINER = "\u200c"  # zero-width non-joiner, which Persian writes within words

# Which of several words equally near to the root gives a fused token its tag (conllu_to_conll.py). There a tag that is
# not listed ends the conversion; here it comes last.
PRECEDENCE = "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT"
OWN_PRECEDENCE = {
    "es": "VERB AUX PRON ADP DET",
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ",
    "it": "VERB AUX ADV PRON ADP DET INTJ",
}

Token = tuple[str, str]  # form and tag


class _Word(NamedTuple):
    """A syntactic word; `heads` are numbers of words, 0 the root, in the basic and the enhanced tree."""

    form: str
    tag: str
    heads: tuple[int, ...]


class _Fused(NamedTuple):
    """A token that stands for the words `first` to `last`."""

    form: str
    first: int
    last: int


def read(paths: Sequence[Path], language: str, *, tags: tuple[str, ...]) -> Iterator[TaggedExample]:
    """Sentences of all treebanks in the order of the files, numbered from 0.

    Sentences whose words are hidden (`_` for all, or all but one) are left out, as XTREME does. Raises HarnessError for
    a line that is not CoNLL-U, a tag that is not among `tags`, and a file whose last sentence is not closed.
    """
    numbers = count()
    order = OWN_PRECEDENCE.get(language, PRECEDENCE).split()
    for path in paths:
        lines = read_lines(path, EXPECTED)
        if lines[-1]:
            raise HarnessError(f"{path}, line {len(lines)}: no blank line follows the last sentence; is it cut off?")
        for first, sentence in _sentences(lines):
            tokens = _tokens(f"{path}, sentence at line {first}", _rows(path, first, sentence, tags), order)
            if tokens and _shown([form for form, _ in tokens]):
                forms = tuple(form.replace(JOINER, "").replace(" ", "") for form, _ in tokens)
                yield TaggedExample(str(next(numbers)), forms, tuple(tag for _, tag in tokens))


def _sentences(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Number of the first line, from 1, and the lines of each sentence, comments and all."""
    first = 0
    for place, line in enumerate(lines):
        if not line:
            if place > first:
                yield first + 1, list(lines[first:place])
            first = place + 1


def _rows(path: Path, first: int, sentence: Sequence[str], tags: tuple[str, ...]) -> Iterator[_Word | _Fused]:
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
            if "-" in id_:
                begin, end = map(int, id_.split("-"))
                yield _Fused(form.strip(), begin, end)
            elif "." not in id_:
                _follows(id_, next(words))
                yield _Word(form.strip(), tag if form == ABSENT else _known(tag, tags), _heads(head, deps))
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
    basic = () if head == ABSENT else (int(head),)
    enhanced = (arc.split(":")[0] for arc in deps.split("|"))
    return (*basic, *(int(other) for other in enhanced if other.isdigit()))


def _tokens(where: str, rows: Iterator[_Word | _Fused], order: Sequence[str]) -> list[Token]:
    """Surface tokens: a fused one in place of its words."""
    words: dict[int, _Word] = {}
    fused: list[_Fused] = []
    for row in rows:
        match row:
            case _Word():
                words[len(words) + 1] = row
            case _Fused():
                fused.append(row)
    tokens = {number: (word.form, word.tag) for number, word in words.items()}
    for part in fused:
        inside = range(part.first, part.last + 1)
        if not inside or not tokens.keys() >= set(inside):
            raise HarnessError(f"{where}: no words {part.first}-{part.last} for '{part.form}'; is the file cut off?")
        tag = words[_nearest_to_root(inside, words, order)].tag
        tokens = {number: token for number, token in tokens.items() if number not in inside}
        tokens[part.first] = (part.form, tag)
    return [tokens[number] for number in sorted(tokens)]


def _nearest_to_root(numbers: range, words: Mapping[int, _Word], order: Sequence[str]) -> int:
    """The word with fewest words above it; of equals the one whose tag precedes, then the first."""

    def place(number: int) -> tuple[int, int]:
        tag = words[number].tag
        return _above(number, words), order.index(tag) if tag in order else len(order)

    return min(numbers, key=place)


def _above(number: int, words: Mapping[int, _Word]) -> int:
    """How many words, the root among them, can be reached upwards."""
    found: set[int] = set()
    ahead = [number]
    while ahead:
        word = words.get(ahead.pop())
        for head in set(word.heads if word else ()) - found:
            found.add(head)
            ahead.append(head)
    return len(found - {number})


def _shown(forms: Sequence[str]) -> bool:
    hidden = forms.count(ABSENT)
    return not hidden or hidden < len(forms) - 1
