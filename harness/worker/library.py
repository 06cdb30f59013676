"""The sets of a launch as features: each is encoded, or found in the run folder's cache, once for all its phases."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.spec.errors import HarnessError
from harness.spec.example import Example
from harness.spec.recipe import Window
from harness.spec.task import Data
from harness.worker.coder import Coder
from harness.worker.encoding import Encode, Rows, chunks, hidden, runs
from harness.worker.feature_cache import FeatureCache, content_key
from harness.worker.features import Features, packed
from harness.worker.format import Feature, Format, Reading, find
from harness.worker.manner import Manner


@dataclass(frozen=True)
class Encoded:
    """A set as features; `languages` and `examples` are in the order of the rows, which are read when asked for.

    `hidden` is the id of the first example whose gold is hidden.
    """

    data: Data
    format: Format
    languages: tuple[str, ...]
    features: Features
    hidden: str | None = None
    rows: Callable[[], Rows] = tuple

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """What was encoded; raises HarnessError where it is no longer at hand."""
        return tuple(example for _, example in self.rows())


class Library:
    """Reads and encodes each set once, however many phases of the launch need it."""

    def __init__(self, root: str | None) -> None:
        self._root = Path(root) if root else None
        self._encoded: dict[tuple[Data, str, Manner, Window], Encoded] = {}
        self.intact: set[str] = set()  # ids of phases whose weights this launch has compared with their records

    def encoded(
        self, data: Data, coder: Coder, tokenizer: str, window: Window, cache: FeatureCache | None = None
    ) -> Encoded:
        """`data` as features by the tokenizer whose digest is `tokenizer`, kept in `cache` if the data are pinned.

        Raises HarnessError where it has no rows.
        """
        key = (data, tokenizer, coder.manner, window)
        if key not in self._encoded:
            rows: Callable[[], Rows] = functools.cache(partial(self._rows, data))
            encode = partial(_encode, find(data.format), Reading(coder, window, data.labels, bool(data.unanswerable)))
            if cache and data.at_hand:
                self._encoded[key] = _kept(
                    cache, content_key(data, tokenizer, coder.manner, window), data, rows, encode
                )
            else:
                self._encoded[key] = _in_memory(data, rows, encode)
        return self._encoded[key]

    def texts(self, data: Sequence[Data]) -> Iterator[str]:
        """The text of several sets, for a tokenizer."""
        for part in data:
            for _, example in catalog_data.rows(part, self._root):
                yield from catalog_data.texts(example)

    def _rows(self, data: Data) -> Rows:
        rows = list(catalog_data.rows(data, self._root))
        if not rows:
            raise HarnessError(f"task '{data.task}', split {data.split}: has no rows to work on")
        return rows


def _kept(cache: FeatureCache, key: str, data: Data, rows: Callable[[], Rows], encode: Encode) -> Encoded:
    manifest = cache.stored(key) or cache.build(key, data, rows(), encode)
    features = cache.features(key, manifest)
    return Encoded(data, find(data.format), _spoken(manifest.languages), features, manifest.hidden, rows)


def _in_memory(data: Data, rows: Callable[[], Rows], encode: Encode) -> Encoded:
    features = Features(map(packed, chunks(rows(), range(len(rows())), encode)))
    return Encoded(data, find(data.format), _spoken(runs(rows())), features, hidden(rows()), rows)


def _encode(format_: Format, reading: Reading, examples: Sequence[Example]) -> list[Feature]:
    return format_.encode(examples, reading)


def _spoken(languages: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(language for language, count in languages for _ in range(count))
