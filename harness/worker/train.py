"""The training phase: the loop over global batches, read aloud from top to bottom."""

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from harness.plan.costs.duration import steps_within, total_steps
from harness.plan.network.flops import Pass
from harness.spec.errors import HarnessError
from harness.spec.phase import Train, architecture
from harness.spec.record import Cost
from harness.worker import weights
from harness.worker.accounting import Accountant, matched_flops
from harness.worker.coder import Coder
from harness.worker.data import GlobalBatch, check_gold, dealt, global_batches, unheld_labels, unique_examples
from harness.worker.engine import build, training_engine
from harness.worker.format import Feature, MicroBatch
from harness.worker.library import Encoded
from harness.worker.loading import fill
from harness.worker.network import HeadSpec, Network, check_vocabulary, head_specs
from harness.worker.work import Work

Slot = tuple[Feature, ...]


class Step(NamedTuple):
    """One optimiser step: `grad_norm` is before clipping, None where DeepSpeed keeps none (stage 0 in fp32)."""

    loss: float
    learning_rate: float
    grad_norm: float | None


class Trained(NamedTuple):
    """What a training phase leaves for its record."""

    cost: Cost
    final_loss: float
    outputs: dict[str, str]
    notes: tuple[str, ...]
    unique_examples: int


def train(phase: Train, work: Work) -> Trained:
    """Train by the phase's recipe, store the weights of the final step, and tell what it cost.

    Raises HarnessError for hidden gold, a vocabulary too small, a budget below one step, or a loss that is not finite.
    """
    coder, sets = work.read(phase)
    check_gold(sets)
    check_vocabulary(architecture(phase), coder)
    heads = head_specs(phase.data, architecture(phase))
    accountant = Accountant(architecture(phase), heads, phase.data)
    steps = _steps(phase, sets, accountant, coder, work)
    _seed(phase, work)
    network = network_of(phase, heads, work)
    fill(network, phase, weights.shards_for(phase, work.runs, work.data), work)
    cost, drawn = Cost(), Counter[str]()
    with training_engine(network, work.config) as engine:
        batches = itertools.islice(global_batches(sets, phase.recipe, coder), steps)
        for step, batch in enumerate(batches):
            began = time.perf_counter()
            slots = slots_of(batch, work)
            taken = step_on(engine, batch, slots, phase.recipe.learning_rate_at(step, steps), work, coder.padding)
            cost += _cost(batch, slots, accountant, _pass(phase, work), time.perf_counter() - began)
            drawn[batch.task] += batch.drawn
            _tell(work, (step, steps), batch, taken, cost)
            if not math.isfinite(taken.loss):
                raise HarnessError(f"step {step} on {batch.task}: the loss is {taken.loss}; lower the learning rate")
        outputs = weights.save(network, work.folder.weights, work.session.first)
    return Trained(cost, taken.loss, outputs, unheld_labels(sets), unique_examples(sets, phase.recipe, drawn))


def _steps(phase: Train, sets: list[Encoded], accountant: Accountant, coder: Coder, work: Work) -> int:
    """The steps to take; under a FLOP budget, as many of the real batches, in their order, as it pays for."""
    recipe = phase.recipe
    steps = total_steps(recipe, [len(encoded.features) for encoded in sets])
    if steps is not None:
        return steps
    budget = matched_flops(phase, work.runs) if recipe.duration.unit == "match" else recipe.duration.amount
    drawn = global_batches(sets, recipe, coder)
    through = _pass(phase, work)
    return steps_within(budget, (accountant.cost(b.task, b.features, through).model for b in drawn))


def _pass(phase: Train, work: Work) -> Pass:
    return Pass(True, phase.recipe.lora, work.placement.checkpointing)


def _seed(phase: Train, work: Work) -> None:
    """Seed dropout, the one thing that depends on the rank: with it, placements agree in distribution only."""
    torch.manual_seed(phase.recipe.seed * 1_000_003 + work.session.rank)


def network_of(phase: Train, heads: Mapping[str, HeadSpec], work: Work) -> nn.Module:
    """The network of the phase, its weights still to fill."""
    model, recipe = architecture(phase), phase.recipe
    checkpointing, beside = work.placement.checkpointing, work.beside(phase)
    return build(lambda: Network(model, heads, recipe.dropout, recipe.lora, checkpointing, beside), work)


def slots_of(batch: GlobalBatch, work: Work) -> list[Slot]:
    """Groups hold several examples each, so they are dealt evenly instead of a micro-batch at a time."""
    placement = work.placement
    slots = placement.accumulation * placement.world_size
    share = placement.micro_batch if len(batch.features) == batch.drawn else -(-len(batch.features) // slots)
    return dealt(batch.features, share, slots)


def step_on(engine: Any, batch: GlobalBatch, slots: list[Slot], rate: float, work: Work, padding: int) -> Step:
    """One optimiser step, with the loss of the global batch.

    DeepSpeed averages over processes and accumulation, so each loss sum is scaled back and weighed globally.
    """
    placement = work.placement
    for group in engine.optimizer.param_groups:
        group["lr"] = rate
    scale = placement.world_size * placement.accumulation / batch.weight
    seen = 0.0
    for micro in _mine(batch, slots, work, padding):
        loss = engine(micro)
        engine.backward(loss * scale)
        engine.step()
        seen += loss.item()
    norm = engine.get_global_grad_norm()
    return Step(work.session.total(seen) / batch.weight, rate, None if norm is None else float(norm))


def _mine(batch: GlobalBatch, slots: list[Slot], work: Work, padding: int) -> Iterator[MicroBatch]:
    """The micro-batches of this process; an empty slot runs the filler with weight 0, to keep step."""
    for features in slots[work.session.rank :: work.placement.world_size]:
        yield work.micro_batch(batch.task, features or (batch.filler,), padding, 1.0 if features else 0.0)


def _cost(batch: GlobalBatch, slots: list[Slot], accountant: Accountant, through: Pass, seconds: float) -> Cost:
    total = Cost(steps=1, seconds=seconds)
    for features in slots:
        total += accountant.cost(batch.task, features or (batch.filler,), through, bool(features))
    return total


def _tell(work: Work, at: tuple[int, int], batch: GlobalBatch, taken: Step, cost: Cost) -> None:
    step, steps = at
    work.tell(
        "step",
        step=step,
        steps=steps,
        loss=taken.loss if math.isfinite(taken.loss) else None,
        learning_rate=taken.learning_rate,
        grad_norm=taken.grad_norm,
        task=batch.task,
        flops_model=cost.model,
        tokens=cost.real_tokens,
        seconds=cost.seconds,
    )
