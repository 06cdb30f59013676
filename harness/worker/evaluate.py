"""The evaluation phase: all languages of a task in one process group, the same number of passes on every process."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import nn

from harness.files.atomic import digest
from harness.files.predictions import variant_folder, write_predictions
from harness.spec.example import Prediction
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, architecture
from harness.spec.record import Cost
from harness.worker import weights
from harness.worker.accounting import Accountant
from harness.worker.data import by_token_budget
from harness.worker.engine import build, evaluation_engine
from harness.worker.format import Feature, MicroBatch
from harness.worker.library import Encoded
from harness.worker.loading import fill
from harness.worker.network import HeadSpec, Network, check_vocabulary, head_specs
from harness.worker.passes import Passes, Read, Told, cost, turns
from harness.worker.retrieve import Retrieval
from harness.worker.work import Work


class Evaluated(NamedTuple):
    """What an evaluation leaves for its record."""

    cost: Cost
    outputs: dict[str, str]


class Predictor(nn.Module):
    """A network that answers: one small value a feature."""

    def __init__(self, network: Network, encoded: Encoded) -> None:
        super().__init__()
        self.network = network
        self._format = encoded.format

    def forward(self, batch: MicroBatch) -> list[Any]:
        """Reduced outputs, in the order of the batch's features."""
        assert self._format.reduce is not None
        return self._format.reduce(self.network.logits(batch, self.network.states(batch)), batch)


class Way(Protocol):
    """How an evaluation answers."""

    @property
    def architecture(self) -> Architecture:
        """The layers that are needed."""

    @property
    def reads(self) -> Sequence[Read]:
        """What the network runs on."""

    def module(self, network: Network) -> nn.Module:
        """The network with what is wanted of it."""

    def told(self, passes: Passes) -> Iterator[Told]:
        """Predictions by language, on the first process; every process must take all of it."""


@dataclass(frozen=True)
class FeatureByFeature:
    """Features answer one by one, and are decoded to the predictions of each language by itself."""

    phase: Evaluate
    encoded: Encoded
    token_budget: int

    @property
    def architecture(self) -> Architecture:
        """The whole model: heads read its last layer."""
        return architecture(self.phase)

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        """All features, whatever their language."""
        features = self.encoded.features
        return (Read(features, by_token_budget(features, self.token_budget), self.encoded.languages),)

    def module(self, network: Network) -> Predictor:
        """The network with its answers reduced."""
        return Predictor(network, self.encoded)

    def told(self, passes: Passes) -> Iterator[Told]:
        """The predictions of each language, on the first process."""
        mine = [pair for chosen, found in passes.over(self.reads[0]) for pair in zip(chosen, found, strict=True)]
        reduced = dict(passes.work.session.gathered(mine))
        if passes.work.session.first:
            for language in dict.fromkeys(self.encoded.languages):
                yield Told(None, language, _decoded(self.encoded, reduced, language))


def evaluate(phase: Evaluate, work: Work) -> Evaluated:
    """Predict every language and store the predictions; raises HarnessError for weights that are missing."""
    coder, sets = work.read(phase, *((phase.pool,) if phase.pool else ()))
    way = _way(phase, sets, work)
    check_vocabulary(way.architecture, coder)
    heads = _heads(phase, way.architecture)
    beside = work.beside(phase)
    network = build(lambda: way.module(Network(way.architecture, heads, 0.0, beside=beside)), work)
    _fill(network, phase, work)
    outputs: dict[str, str] = {}
    with evaluation_engine(network, work.placement, work.config) as engine, torch.no_grad():
        began = time.perf_counter()
        passes = Passes(engine, phase, coder.padding, work, turns(way.reads, work))
        for told in way.told(passes):
            outputs |= _stored(told, work)
        seconds = time.perf_counter() - began
    accountant = Accountant(way.architecture, heads, (phase.data,))
    total = cost(accountant, phase.data.task, way.reads, work)
    return Evaluated(dataclasses.replace(total, seconds=seconds), outputs)


def _way(phase: Evaluate, sets: Sequence[Encoded], work: Work) -> Way:
    encoded, *pools = sets
    if encoded.format.decode is None:
        return Retrieval(phase, encoded, next(iter(pools), None), work.placement.token_budget)
    return FeatureByFeature(phase, encoded, work.placement.token_budget)


def _heads(phase: Evaluate, model: Architecture) -> dict[str, HeadSpec]:
    """The one head that answers, under the name of the evaluated task."""
    return {} if phase.head is None else head_specs((phase.data,), model)


def _fill(network: nn.Module, phase: Evaluate, work: Work) -> None:
    """Load the encoder and the head that answers."""
    stored = weights.shards_of(phase.of, work.runs, heads=True, root=work.data)
    named = {_as_head(name, phase): file for name, file in stored.items()}
    assert isinstance(network.network, Network)
    fill(network.network, phase, named, work)


def _as_head(name: str, phase: Evaluate) -> str:
    """The trained head's parameters under the name of the evaluated task: xquad is answered by squad's head."""
    return name.replace(f"heads.{phase.head}.", f"heads.{phase.data.task}.") if phase.head else name


def _stored(told: Told, work: Work) -> dict[str, str]:
    """Write the predictions of one language; returns their digest by path in the phase's folder."""
    path = write_predictions(variant_folder(work.folder.predictions, told.variant), told.language, told.predictions)
    return {str(path.relative_to(work.folder.path)): digest(path)}


def _decoded(encoded: Encoded, reduced: dict[int, Any], language: str) -> dict[str, Prediction]:
    rows = [row for row, spoken in enumerate(encoded.languages) if spoken == language]
    place = {row: index for index, row in enumerate(rows)}
    own = np.flatnonzero(np.isin(encoded.features.examples, rows)).tolist()
    features = [encoded.features[index] for index in own]
    pairs: list[tuple[Feature, Any]] = [
        (feature._replace(example=place[feature.example]), reduced[index])
        for index, feature in zip(own, features, strict=True)
    ]
    examples = [encoded.examples[row] for row in rows]
    assert encoded.format.decode is not None
    decoded = encoded.format.decode(pairs, examples, encoded.data.labels)
    return {examples[index].id: prediction for index, prediction in sorted(decoded.items())}
