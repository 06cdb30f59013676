"""Retrieval at work: what is compared with what, by which vectors, and the predictions that come of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn

from harness.catalog import find
from harness.plan.network.layers import executed, reads_every_layer
from harness.spec.example import Prediction
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, architecture
from harness.worker.format import MicroBatch
from harness.worker.formats.retrieval import CANDIDATE, QUERY, mean
from harness.worker.library import Encoded
from harness.worker.network import Network
from harness.worker.passes import Passes, Read, Told
from harness.worker.ranking import centred, margins, scaled, unit
from harness.worker.search import Ranked, Share, neighbours
from harness.worker.session import Session
from harness.worker.texts import Texts, vectors

RANKED = 20  # stored for a query, enough for mAP@20
COSINE_DIGITS, MARGIN_DIGITS = 6, 8  # pairs are mined in the order of their margins, which lie close together


class Vectors(nn.Module):
    """A network that gives vectors: its head's, or the mean states that `read` gives of a batch."""

    def __init__(self, network: Network, read: Callable[[MicroBatch], Sequence[Tensor]]) -> None:
        super().__init__()
        self.network = network
        self._read = read

    def forward(self, batch: MicroBatch) -> Tensor:
        """[views, sequences, hidden] in fp32 and of any length; a view is a layer, the embeddings first."""
        if self.network.heads:
            return self.network.logits(batch, self.network.states(batch)).float()[None]
        return torch.stack([mean(states, batch.mask) for states in self._read(batch)])


class Answers(NamedTuple):
    """What was found, as (who asks, among whom, the ranking); `rows` need a prediction, if only an empty one."""

    variant: str | None
    found: tuple[tuple[Texts, Texts, Ranked], ...]
    rows: Sequence[int]
    digits: int = COSINE_DIGITS

    def predictions(self) -> dict[str, dict[str, Prediction]]:
        """By language and example id: [[id of what was found, value], ...], best first."""
        ranked = dict(chain.from_iterable(self._named(*found) for found in self.found))
        encoded = self.found[0][0].encoded
        told: dict[str, dict[str, Prediction]] = {}
        for row in self.rows:
            told.setdefault(encoded.languages[row], {})[encoded.examples[row].id] = ranked.get(row, [])
        return told

    def _named(self, asking: Texts, among: Texts, ranked: Ranked) -> Iterator[tuple[int, Prediction]]:
        for row, places, values in zip(asking.rows, ranked.rows.tolist(), ranked.values.tolist(), strict=True):
            pairs = zip(places, values, strict=True)
            yield row, [[among.ids[place], round(value, self.digits)] for place, value in pairs]


@dataclass(frozen=True)
class Retrieval:
    """The rows of one evaluation; `pool` holds the candidates of all languages, where they share them."""

    phase: Evaluate
    encoded: Encoded
    pool: Encoded | None
    token_budget: int

    @property
    def architecture(self) -> Architecture:
        """Only the layers that are needed."""
        return executed(self.phase)

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        """The queries and the candidates of each comparison in turn."""
        texts = chain.from_iterable(compared[:2] for compared in self._compared)
        return tuple(some.read(self.token_budget) for some in texts)

    def module(self, network: Network) -> Vectors:
        """The network with the vectors that are compared."""
        if self._every_layer:
            return Vectors(network, network.layers)
        whole = self.architecture == architecture(self.phase)
        last = network.states if whole else network.within
        return Vectors(network, lambda batch: (last(batch),))

    def told(self, passes: Passes) -> Iterator[Told]:
        """Predictions by language, on the first process; every process must take all of it: they search together."""
        for answers in self._answers(passes):
            if passes.work.session.first:
                for language, predictions in answers.predictions().items():
                    yield Told(answers.variant, language, predictions)

    @property
    def _every_layer(self) -> bool:
        """Whether all layers and some further ways of comparing are looked at: where a language has its own pool."""
        return reads_every_layer(self.phase)

    @property
    def _by_margin(self) -> bool:
        return find.task(self.phase.data.task).search == "margin"

    @cached_property
    def _compared(self) -> tuple[tuple[Texts, Texts, Sequence[int]], ...]:
        """(queries, candidates, rows that need a prediction): for each language, or for all of them and the pool.

        By margin a text counts once however many rows have it, as in XTREME, since copies would be each other's
        neighbours; the first row answers for it.
        """
        if self.pool:
            candidates = Texts.among(self.pool, range(len(self.pool.features)), CANDIDATE)
            queries = Texts.among(self.encoded, range(len(self.encoded.features)), QUERY)
            return ((queries, candidates, queries.rows),)
        spoken: dict[str, list[int]] = {}
        for row, language in enumerate(self.encoded.languages):
            spoken.setdefault(language, []).append(row)
        return tuple(self._own(rows) for rows in spoken.values())

    def _own(self, rows: Sequence[int]) -> tuple[Texts, Texts, Sequence[int]]:
        queries, candidates = (Texts.among(self.encoded, rows, side) for side in (QUERY, CANDIDATE))
        if self._by_margin:
            return queries.distinct(), candidates.distinct(), rows
        return queries, candidates, queries.rows

    def _answers(self, passes: Passes) -> Iterator[Answers]:
        session, model = passes.work.session, self.architecture
        shape = (model.layers + 1 if self._every_layer else 1, model.hidden)
        pairs = zip(self.reads[::2], self.reads[1::2], strict=True)
        for (queries, candidates, rows), reads in zip(self._compared, pairs, strict=True):
            asking = vectors(passes, queries, reads[0], shape)
            among = vectors(passes, candidates, reads[1], shape)
            if self._by_margin:
                forward, backward = margins(session, unit(asking[0]), unit(among[0]))
                found = ((queries, candidates, forward), (candidates, queries, backward))
                yield Answers(None, found, rows, MARGIN_DIGITS)
            else:
                for variant, ranked in self._ranked(session, asking, among):
                    yield Answers(variant, ((queries, candidates, ranked),), rows)

    def _ranked(
        self, session: Session, queries: list[Share], candidates: list[Share]
    ) -> Iterator[tuple[str | None, Ranked]]:
        """The headline, and where all layers were read, their cosines and what else the headline's layer gives."""
        if not self._every_layer:
            yield None, neighbours(session, unit(queries[0]), unit(candidates[0]), RANKED)
            return
        layer = self.phase.layer or 0
        central = (unit(centred(session, queries[layer])), unit(centred(session, candidates[layer])))
        plain = [(unit(asking), unit(among)) for asking, among in zip(queries, candidates, strict=True)]
        yield None, neighbours(session, *plain[layer], RANKED)
        for number, views in enumerate(plain):
            yield f"layer_{number:02d}", neighbours(session, *views, 1)
        yield "centred", neighbours(session, *central, 1)
        yield "csls", scaled(session, *plain[layer], 1)
        yield "centred_csls", scaled(session, *central, 1)
