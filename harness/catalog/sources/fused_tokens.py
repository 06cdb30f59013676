"""Fused tokens of treebanks, in place of the words that they stand for, as XTREME's preparation of UD has them.

XTREME's scripts/download_data.sh runs third_party/ud-conversion-tools @838c13b, which puts the surface form in place of
the words, with the tag of the word nearest to the root.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.spec.errors import HarnessError

# Which of several words equally near to the root gives a fused token its tag (conllu_to_conll.py). There a tag that is
# not listed ends the conversion; here it comes last.
PRECEDENCE = "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT"
OWN_PRECEDENCE = {
    "es": "VERB AUX PRON ADP DET",
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ",
    "it": "VERB AUX ADV PRON ADP DET INTJ",
}


class Word(NamedTuple):
    """A syntactic word on a line; `heads` are numbers of words, 0 the root, in the basic and the enhanced tree."""

    form: str
    tag: str
    heads: tuple[int, ...]
    line: int


class Fused(NamedTuple):
    """A token on a line that stands for the words `first` to `last`."""

    form: str
    first: int
    last: int
    line: int


class Token(NamedTuple):
    """A token as it is written."""

    form: str
    tag: str
    line: int


def surface(path: Path, rows: Iterable[Word | Fused], order: Sequence[str]) -> list[Token]:
    """Tokens of a sentence as they are written: a fused one in place of its words, with the tag that `order` prefers.

    Raises HarnessError for a fused token of words, or a head, that the sentence does not have.
    """
    words: dict[int, Word] = {}
    fused: list[Fused] = []
    for row in rows:
        match row:
            case Word():
                words[len(words) + 1] = row
            case Fused():
                fused.append(row)
    _check_heads(path, words)
    tokens = {number: Token(word.form, word.tag, word.line) for number, word in words.items()}
    for part in fused:
        inside = range(part.first, part.last + 1)
        if not inside or part.last > len(words) or not tokens.keys() >= set(inside):
            wrong = f"no words {part.first}-{part.last} for '{part.form}'"
            raise HarnessError(f"{path}, line {part.line}: {wrong}; is the file cut off?")
        tag = words[_nearest_to_root(inside, words, order)].tag
        tokens = {number: token for number, token in tokens.items() if number not in inside}
        tokens[part.first] = Token(part.form, tag, part.line)
    return [tokens[number] for number in sorted(tokens)]


def _check_heads(path: Path, words: Mapping[int, Word]) -> None:
    for word in words.values():
        if wrong := [head for head in word.heads if head > len(words)]:
            raise HarnessError(
                f"{path}, line {word.line}: the head {wrong[0]} of '{word.form}' is no word of its sentence; "
                f"expected 0 to {len(words)}"
            )


def _nearest_to_root(numbers: range, words: Mapping[int, Word], order: Sequence[str]) -> int:
    """The word with fewest words above it; of equals the one whose tag precedes, then the first."""

    def place(number: int) -> tuple[int, int]:
        tag = words[number].tag
        return _above(number, words), order.index(tag) if tag in order else len(order)

    return min(numbers, key=place)


def _above(number: int, words: Mapping[int, Word]) -> int:
    """How many words, the root among them, can be reached upwards."""
    found: set[int] = set()
    ahead = [number]
    while ahead:
        word = words.get(ahead.pop())
        for head in set(word.heads if word else ()) - found:
            found.add(head)
            ahead.append(head)
    return len(found - {number})
