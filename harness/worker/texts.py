"""The queries or the candidates among a set's rows, and their vectors: each process keeps those that it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import overload

import numpy as np
import torch

from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample
from harness.worker.data import by_token_budget
from harness.worker.format import Feature, Ints
from harness.worker.formats.retrieval import CANDIDATE, QUERY
from harness.worker.library import Encoded
from harness.worker.passes import Passes, Read
from harness.worker.search import Share


@dataclass(frozen=True, eq=False)
class Texts(Sequence[Feature]):
    """One side of the `rows` of a set, each as a feature by itself, made when it is asked for."""

    encoded: Encoded
    rows: Sequence[int]
    side: int

    @staticmethod
    def among(encoded: Encoded, rows: Sequence[int], side: int) -> "Texts":
        """The texts of those `rows` that have the side; raises HarnessError where none has."""
        found = [row for row in rows if side in encoded.features[row].origin]
        if not found:
            what = {QUERY: "a query", CANDIDATE: "a candidate"}[side]
            raise HarnessError(
                f"task '{encoded.data.task}', split {encoded.data.split}, {encoded.languages[rows[0]]}: "
                f"no row has {what}, so there is nothing to compare"
            )
        return Texts(encoded, found, side)

    def distinct(self) -> "Texts":
        """Without the texts that an earlier row has already."""
        first: dict[str | None, int] = {}
        for row in self.rows:
            example = self.encoded.examples[row]
            assert isinstance(example, RetrievalExample)
            first.setdefault({QUERY: example.query, CANDIDATE: example.candidate}[self.side], row)
        return Texts(self.encoded, tuple(first.values()), self.side)

    @cached_property
    def first(self) -> Ints:
        """[texts] The first place at which the same tokens stand.

        They are read once: read in another batch they would give a vector that differs in its last digits, and which of
        them is the nearest would be chance.
        """
        seen: dict[bytes, int] = {}
        tokens = (blake2b(self[place].tokens.tobytes(), digest_size=16).digest() for place in range(len(self)))
        return np.array([seen.setdefault(key, place) for place, key in enumerate(tokens)])

    def read(self, token_budget: int) -> Read:
        """What the network reads, by places among these texts."""
        places = np.unique(self.first).tolist()
        once = Texts(self.encoded, [self.rows[place] for place in places], self.side)
        batches = by_token_budget(once, token_budget)
        whole = [tuple(places[index] for index in batch) for batch in batches]
        return Read(self, whole, self.encoded.languages)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The id of each text."""
        return tuple(self.encoded.examples[row].id for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Feature: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Feature, ...]: ...

    def __getitem__(self, index: int | slice) -> Feature | tuple[Feature, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(len(self))[index])
        feature = self.encoded.features[self.rows[index]]
        tokens = feature.sequences[feature.origin.tolist().index(self.side)]
        return feature._replace(tokens=tokens, others=(), origin=np.array([self.side]))


def vectors(passes: Passes, texts: Texts, read: Read, shape: tuple[int, int]) -> list[Share]:
    """The vectors of those texts that this process reads, and of their copies, a share a view.

    `shape` is (views, hidden). Raises HarnessError for vectors that are not finite: they cannot be compared.
    """
    session = passes.work.session
    slots: dict[int, list[int]] = {
        place: [] for batch in read.batches[session.rank :: session.world_size] for place in batch
    }
    rows = [place for place, first in enumerate(texts.first.tolist()) if first in slots]
    for slot, place in enumerate(rows):
        slots[int(texts.first[place])].append(slot)
    kept = torch.empty((shape[0], len(rows), shape[1]))
    for chosen, found in passes.over(read):
        if not bool(found.isfinite().all()):
            raise HarnessError(
                f"task '{passes.phase.data.task}': the model gives vectors that are not finite, which cannot be "
                "compared; train it with a lower learning rate"
            )
        copied = [at for at, place in enumerate(chosen) for _ in slots[place]]
        kept[:, [slot for place in chosen for slot in slots[place]]] = found.cpu()[:, copied]
    return [Share(torch.tensor(rows, dtype=torch.int64), view) for view in kept]
