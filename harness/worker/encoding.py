"""Rows to features, some at a time, and what else a set's rows tell; how a set is cut up does not show in it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from harness.spec.example import Example
from harness.worker.format import Feature

CHUNK = 1000  # examples encoded at once: a record batch, and a step of the progress bar

Encode = Callable[[Sequence[Any]], list[Feature]]
Rows = Sequence[tuple[str, Example]]


def chunks(rows: Rows, share: range, encode: Encode) -> Iterator[list[Feature]]:
    """The features of the rows in `share`, some at a time.

    They are in the order of their rows, so that how a set is cut to shares and chunks does not show.
    """
    for at in range(share.start, share.stop, CHUNK):
        some = encode([example for _, example in rows[at : min(at + CHUNK, share.stop)]])
        moved = (feature._replace(example=feature.example + at) for feature in some)
        yield sorted(moved, key=lambda feature: feature.example)


def runs(rows: Rows) -> tuple[tuple[str, int], ...]:
    """The languages of the rows as (language, how many rows in turn)."""
    return tuple((language, sum(1 for _ in run)) for language, run in groupby(language for language, _ in rows))


def hidden(rows: Rows) -> str | None:
    """The id of the first row whose gold is hidden."""
    return next((example.id for _, example in rows if not example.labelled), None)
