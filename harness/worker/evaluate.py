"""The evaluation phase: all languages of a task in one process group, the same number of passes on every process."""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from harness.files.atomic import digest
from harness.files.predictions import write_predictions
from harness.spec.example import Prediction
from harness.spec.model import Architecture, Scratch
from harness.spec.phase import Evaluate, architecture, origin
from harness.spec.record import Cost
from harness.worker import checkpoint
from harness.worker.accounting import Accountant
from harness.worker.coder import Coder
from harness.worker.data import Encoded, by_token_budget
from harness.worker.engine import build, evaluation_engine
from harness.worker.format import Feature, MicroBatch
from harness.worker.network import HeadSpec, Network, check_vocabulary, head_specs
from harness.worker.work import Work, autocast

FORWARD = 1


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
        states = self.network.states(batch)
        read: Tensor = states if self._format.head is None else self.network.logits(batch, states)
        return self._format.reduce(read, batch)


def evaluate(phase: Evaluate, work: Work) -> Evaluated:
    """Predict every language and store the predictions; raises HarnessError for weights that are missing."""
    coder, (encoded,) = work.read(phase)
    model = _architecture(phase)
    check_vocabulary(model, coder)
    heads = _heads(phase, model)
    network = build(lambda: Predictor(Network(model, heads, 0.0), encoded), work.placement, work.config)
    source = origin(phase)
    draw = checkpoint.drawing(model, source.seed if isinstance(source, Scratch) else 0, 0)
    stored = checkpoint.shards_of(phase.of, work.runs, heads=True)
    named = {_as_head(name, phase): file for name, file in stored.items()}
    assert isinstance(network, Predictor)
    checkpoint.load(network.network, named, work.placement.stage, draw)
    network.to(work.session.device)
    batches = by_token_budget(encoded.features, work.placement.token_budget)
    with evaluation_engine(network, work.placement, work.config) as engine, torch.no_grad():
        began = time.perf_counter()
        mine = _predict(engine, phase, encoded, batches, coder, work)
        reduced = dict(work.session.gathered(mine))
        seconds = time.perf_counter() - began
    outputs = _store(encoded, reduced, work) if work.session.first else {}
    cost = _cost(Accountant(model, heads, (phase.data,)), encoded, batches, work)
    return Evaluated(dataclasses.replace(cost, seconds=seconds), outputs)


def _architecture(phase: Evaluate) -> Architecture:
    """Only the layers that are needed: retrieval reads a middle one."""
    whole = architecture(phase)
    return whole if phase.layer is None else dataclasses.replace(whole, layers=phase.layer)


def _heads(phase: Evaluate, model: Architecture) -> dict[str, HeadSpec]:
    """The one head that answers, under the name of the evaluated task."""
    return {} if phase.head is None else head_specs((phase.data,), model)


def _as_head(name: str, phase: Evaluate) -> str:
    """The trained head's parameters under the name of the evaluated task: xquad is answered by squad's head."""
    return name.replace(f"heads.{phase.head}.", f"heads.{phase.data.task}.") if phase.head else name


def _predict(
    engine: nn.Module, phase: Evaluate, encoded: Encoded, batches: Sequence[tuple[int, ...]], coder: Coder, work: Work
) -> list[tuple[int, Any]]:
    """(feature index, reduced output) of this process's batches; turns without one run a filler."""
    session = work.session
    results: list[tuple[int, Any]] = []
    turns = -(-len(batches) // session.world_size)
    for turn in range(turns):
        index = turn * session.world_size + session.rank
        chosen = batches[min(index, len(batches) - 1)]
        features = tuple(encoded.features[i] for i in chosen)
        if index >= len(batches):
            features = features[:1]
        with autocast(phase.precision, session.device):
            reduced = engine(work.micro_batch(phase.data.task, features, coder.padding, 1.0))
        if index < len(batches):
            results += zip(chosen, reduced, strict=True)
        work.tell("progress", what="evaluating", done=turn + 1, total=turns, unit="batches")
    return results


def _store(encoded: Encoded, reduced: dict[int, Any], work: Work) -> dict[str, str]:
    """Decode each language by itself and write its predictions; returns digests by path in the phase's folder."""
    outputs = {}
    for language in dict.fromkeys(encoded.languages):
        predictions = _decoded(encoded, reduced, language)
        path = write_predictions(work.folder.predictions, language, predictions)
        outputs[str(path.relative_to(work.folder.path))] = digest(path)
    return outputs


def _decoded(encoded: Encoded, reduced: dict[int, Any], language: str) -> dict[str, Prediction]:
    rows = [row for row, spoken in enumerate(encoded.languages) if spoken == language]
    place = {row: index for index, row in enumerate(rows)}
    pairs: list[tuple[Feature, Any]] = [
        (feature._replace(example=place[feature.example]), reduced[index])
        for index, feature in enumerate(encoded.features)
        if feature.example in place
    ]
    examples = [encoded.examples[row] for row in rows]
    decoded = encoded.format.decode(pairs, examples, encoded.data.labels)
    return {examples[index].id: prediction for index, prediction in sorted(decoded.items())}


def _cost(accountant: Accountant, encoded: Encoded, batches: Sequence[tuple[int, ...]], work: Work) -> Cost:
    total = Cost()
    for batch in batches:
        total += accountant.cost(encoded.data.task, [encoded.features[i] for i in batch], FORWARD)
    fillers = -len(batches) % work.session.world_size
    filler = accountant.cost(encoded.data.task, [encoded.features[batches[-1][0]]], FORWARD, weighty=False)
    return dataclasses.replace(total, filler=fillers * filler.hardware)
