"""Chunk F1 of tag sequences by the rule of seqeval 0.0.12, which XTREME scores POS and NER with.

A tag's first letter is its prefix and the part after the last hyphen its type. Bare UPOS tags are read the same way:
a run of equal tags is one chunk, SCONJ and SYM (S, single) stand alone, INTJ (I, inside) merges. seqeval 1.0 and
later cut the first letter off the type, so that CCONJ and SCONJ become one, and score differently.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from harness.catalog.gold import paired, shown
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction, TaggedExample
from harness.spec.task import Metric

Chunk = tuple[str, int, int]  # type, first and last word
OUTSIDE = "O"

_ENDS = {(last, next_) for last in "ES" for next_ in "BIESO"} | {(last, next_) for last in "BI" for next_ in "BSO"}
_STARTS = {(last, next_) for last in "BIESO" for next_ in "BS"} | {(last, next_) for last in "ESO" for next_ in "EI"}


def score(gold: Sequence[TaggedExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """F1, `precision` and `recall` in percent over the chunks of all sentences.

    Raises HarnessError for hidden gold, a missing prediction, or one that is not as long as its sentence.
    """
    right = found = wanted = 0
    for tags, predicted in paired(gold, _tags, predictions):
        if len(predicted) != len(tags):
            raise HarnessError(f"{len(predicted)} tags are predicted for a sentence of {len(tags)} words")
        want, got = chunks(tags), chunks(tuple(predicted))
        right, found, wanted = right + len(want & got), found + len(got), wanted + len(want)
    precision, recall = _share(right, found), _share(right, wanted)
    # Not 2 right / (found + wanted), which is the same but for the last digit.
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"score": f1 * 100, "precision": precision * 100, "recall": recall * 100}


def chance(gold: Sequence[TaggedExample], language: str) -> float:
    """F1 of the best single tag for every word."""
    wanted = [(len(tags), chunks(tags)) for tags in map(_tags, gold)]
    return max(_constant(tag, wanted) for tag in {tag for example in gold for tag in _tags(example)})


def chunks(tags: tuple[str, ...]) -> frozenset[Chunk]:
    """The chunks of one sentence."""
    made: list[Chunk] = []
    start, last = 0, OUTSIDE
    for position, tag in enumerate((*tags, OUTSIDE)):
        ended, started = _border(last, tag)
        if ended:
            made.append((_type(last), start, position - 1))
        if started:
            start = position
        last = tag
    return frozenset(made)


@cache
def _border(last: str, tag: str) -> tuple[bool, bool]:
    """Whether a chunk ends after `last`, and whether one starts with `tag`, which follows it."""
    other = _type(last) != _type(tag)
    ended = (last[0], tag[0]) in _ENDS or (last[0] != OUTSIDE and other)
    return ended, (last[0], tag[0]) in _STARTS or (tag[0] != OUTSIDE and other)


@cache
def _type(tag: str) -> str:
    return tag.rpartition("-")[2]


def _constant(tag: str, wanted: Sequence[tuple[int, frozenset[Chunk]]]) -> float:
    same = cache(lambda length: chunks((tag,) * length))
    right = sum(len(want & same(length)) for length, want in wanted)
    return 200 * _share(right, sum(len(same(length)) + len(want) for length, want in wanted))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _tags(example: TaggedExample) -> tuple[str, ...]:
    return shown(example.tags, example)


METRIC = Metric("tagging_f1", 2, score, chance)
