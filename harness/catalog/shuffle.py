"""Labels moved to other rows: the control that keeps a task's texts and label frequencies and destroys its content."""

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import Any

from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, SpanExample, TaggedExample
from harness.spec.task import Format


def shuffled(format_: Format, rows: Sequence[Any]) -> list[Any]:
    """The rows with their labels permuted among them, always in the same way.

    Pairs exchange labels, and so do questions with equally many choices; sentences exchange single tags and keep
    their lengths; questions on one context exchange answers, and a lone question gets another window of its context.
    Raises HarnessError for a format without labels.
    """
    if format_ not in _SHUFFLES:
        raise HarnessError(f"rows of the format {format_} have no labels to shuffle; expected {', '.join(_SHUFFLES)}")
    return _SHUFFLES[format_](rows)


def can_shuffle(format_: Format) -> bool:
    """Whether rows of this format have labels that `shuffled` can move."""
    return format_ in _SHUFFLES


def _pairs(rows: Sequence[PairExample]) -> list[PairExample]:
    return [row._replace(label=rows[other].label) for row, other in zip(rows, _order(len(rows)), strict=True)]


def _choices(rows: Sequence[ChoiceExample]) -> list[ChoiceExample]:
    labels = {
        place: rows[group[other]].label
        for group in _alike([len(row.choices) for row in rows])
        for place, other in zip(group, _order(len(group)), strict=True)
    }
    return [row._replace(label=labels[place]) for place, row in enumerate(rows)]


def _tagging(rows: Sequence[TaggedExample]) -> list[TaggedExample]:
    pooled = [tag for row in rows for tag in row.tags or ()]
    moved = (pooled[place] for place in _order(len(pooled)))
    return [row._replace(tags=row.tags and tuple(islice(moved, len(row.tags)))) for row in rows]


def _spans(rows: Sequence[SpanExample]) -> list[SpanExample]:
    groups = _alike([row.context for row in rows])
    answers = {
        place: rows[other].answers
        for group in groups
        for place, other in zip(group, group[1:] + group[:1], strict=True)
    }
    lone = {group[0] for group in groups if len(group) == 1}
    return [
        _elsewhere(row) if place in lone else row._replace(answers=answers[place]) for place, row in enumerate(rows)
    ]


def _elsewhere(row: SpanExample) -> SpanExample:
    if not row.answers:
        return row
    length = len(row.answers[0][0].split())
    words = row.context.split(" ")
    first = int(_rank(row.id), 16) % max(1, len(words) - length + 1)
    text = " ".join(words[first : first + length])
    return row._replace(answers=((text, len(" ".join([*words[:first], ""]))),))


def _alike(names: Sequence[Hashable]) -> list[list[int]]:
    """The places of equal names together."""
    places: dict[Hashable, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return list(places.values())


def _order(length: int) -> list[int]:
    return sorted(range(length), key=lambda place: _rank(str(place)))


def _rank(name: str) -> str:
    return hashlib.sha256(f"shuffled {name}".encode()).hexdigest()


_SHUFFLES: Mapping[Format, Callable[[Sequence[Any]], list[Any]]] = {
    "pair": _pairs,
    "choice": _choices,
    "tagging": _tagging,
    "span": _spans,
}
