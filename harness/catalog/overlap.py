"""What must not be trained on: rows whose texts are evaluated in the same study, or lie within such texts."""

import dataclasses
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.catalog.keys import key_of, words
from harness.catalog.memory import recall, remember
from harness.spec.errors import HarnessError
from harness.spec.load import dump
from harness.spec.task import Data

LONG = 8  # words from which a text counts as found within a longer one
VERSION = 3  # raised when the rule changes

Words = list[str]
Gram = tuple[str, ...]


def held_out(data: Data, evaluated: Sequence[Data], root: Path | None, cache: Path | None = None) -> tuple[str, ...]:
    """Keys of the texts in `data` that equal an evaluated text, contain a long one, or are a long part of one.

    Evaluated are the texts of those tasks and splits in every language at hand, so that a translation counts as well
    as English. All of `data` is compared, whatever its limit: later rows move up for those that are held out.
    Texts are compared by their `words`; `cache` keeps the answer by the content of both sides. Raises HarnessError
    where nothing of `data` would be left.
    """
    whole = dataclasses.replace(data, limit=None)
    tested = tuple(_everywhere(item, root) for item in evaluated)
    content = json.dumps([VERSION, dump(whole), [dump(item) for item in tested]], sort_keys=True)
    name = hashlib.sha256(content.encode()).hexdigest()
    known = recall(cache, "held_out") if cache else {}
    if name not in known:
        known = {name: sorted(_shared(_texts([whole], root), _tested(tested, root)))}
        _check_left(whole, tuple(known[name]), root)
        if cache:
            remember(cache, "held_out", known)
    return tuple(known[name])


def _check_left(data: Data, taken: tuple[str, ...], root: Path | None) -> None:
    left = dataclasses.replace(data, held_out=taken, limit=1, shuffled_labels=None)
    if not taken or any(True for _ in catalog_data.rows(left, root)):
        return
    rows = sum(1 for _ in catalog_data.rows(data, root))
    raise HarnessError(
        f"all {rows:,} rows of {data.task}'s {data.split} ({', '.join(data.languages)}) are evaluated in this study, "
        "so that none is left to train on; train on another task or split, or evaluate another one"
    )


def _everywhere(evaluated: Data, root: Path | None) -> Data:
    """The evaluated set in all languages at hand and without a limit, pinned."""
    present = catalog_data.present(evaluated.task, evaluated.split, root)
    whole = catalog_data.dataset(evaluated.task, evaluated.split, present)
    return catalog_data.pin(whole, root)


def _texts(sets: Iterable[Data], root: Path | None) -> list[Words]:
    """Distinct texts of all sets; what has neither letter nor digit is no text."""
    distinct = dict.fromkeys(
        text for data in sets for _, example in catalog_data.rows(data, root) for text in catalog_data.texts(example)
    )
    return [found for found in map(words, distinct) if found]


@dataclass(frozen=True)
class _Tested:
    """Evaluated texts, made searchable."""

    keys: frozenset[str]
    starts: Mapping[Gram, Sequence[Words]]  # long texts by their first words
    grams: frozenset[Gram]
    running: str  # all of them, a line each, every word between spaces


@lru_cache(maxsize=1)  # the training sets of a study are asked about one after the other
def _tested(evaluated: tuple[Data, ...], root: Path | None) -> _Tested:
    found = _texts(evaluated, root)
    starts: dict[Gram, list[Words]] = defaultdict(list)
    for text in found:
        if len(text) >= LONG:
            starts[tuple(text[:LONG])].append(text)
    return _Tested(
        keys=frozenset(map(key_of, found)),
        starts=starts,
        grams=frozenset(gram for text in found for gram in _grams(text)),
        running="\n".join(map(_spaced, found)),
    )


def _shared(trained: Iterable[Words], tested: _Tested) -> set[str]:
    return {
        own
        for text in trained
        if (own := key_of(text)) in tested.keys or _holds(text, tested) or _is_part(text, tested)
    }


def _holds(text: Words, tested: _Tested) -> bool:
    return any(
        text[place : place + len(long)] == long
        for place, gram in enumerate(_grams(text))
        if gram in tested.starts
        for long in tested.starts[gram]
    )


def _is_part(text: Words, tested: _Tested) -> bool:
    return len(text) >= LONG and tuple(text[:LONG]) in tested.grams and _spaced(text) in tested.running


def _grams(text: Words) -> Iterator[Gram]:
    return zip(*(text[offset:] for offset in range(LONG)), strict=False)


def _spaced(text: Words) -> str:
    return f" {' '.join(text)} "
