"""The training phase: the loop over global batches, read aloud from top to bottom."""

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from torch import nn

from harness.plan.costs.duration import steps_within, total_steps
from harness.plan.network.flops import Pass
from harness.spec.checkpoint import Progress
from harness.spec.phase import Train, architecture
from harness.spec.record import Cost
from harness.worker import random_state, resume, weights
from harness.worker.accounting import Accountant, matched_flops
from harness.worker.checkpoints import Checkpoints
from harness.worker.coder import Coder
from harness.worker.data import GlobalBatch, check_gold, dealt, global_batches, unheld_labels, unique_examples
from harness.worker.engine import build, training_engine
from harness.worker.failing import DivergedError
from harness.worker.format import Feature, MicroBatch
from harness.worker.intact import check_weights
from harness.worker.library import Encoded
from harness.worker.loading import fill
from harness.worker.network import HeadSpec, Network, check_vocabulary, head_specs
from harness.worker.work import Work

Slot = tuple[Feature, ...]


class Share(NamedTuple):
    """A process's part in a step: its sum of losses, and the norm of all gradients.

    `grad_norm` is before clipping, None where DeepSpeed keeps none (stage 0 in fp32).
    """

    loss: float
    grad_norm: float | None


class Step(NamedTuple):
    """One optimiser step, with the loss of the global batch."""

    loss: float
    learning_rate: float
    grad_norm: float | None


class Trained(NamedTuple):
    """What a training phase leaves for its record; `earlier_seconds` of it are from before it was interrupted."""

    cost: Cost
    final_loss: float
    outputs: dict[str, str]
    notes: tuple[str, ...]
    unique_examples: int
    earlier_seconds: float


def train(phase: Train, work: Work) -> Trained:
    """Train by the phase's recipe, store the weights of the final step, and tell what it cost.

    Goes on from the newest checkpoint, if there is one. Raises HarnessError for hidden gold, a vocabulary too small, a
    budget below one step, or a loss that is not finite, and Interrupted on notice, when a checkpoint is taken.
    """
    coder, sets = work.read(phase)
    check_gold(sets)
    check_vocabulary(architecture(phase), coder)
    heads = head_specs(phase.data, architecture(phase))
    accountant = Accountant(architecture(phase), heads, phase.data)
    found = resume.newest(work)
    progress = found.progress if found else Progress(_steps(phase, sets, accountant, coder, work))
    random_state.seed(work.session, phase.recipe.seed)
    network = network_of(phase, heads, work)
    check_weights(phase, work)
    work.doing("loading weights")
    fill(network, phase, weights.shards_for(phase, work.runs, work.data), work)
    with training_engine(network, resume.configured(found, work)) as engine:
        work.session.notice.only_noted()  # until the record is written: all steps are taken by then
        checkpoints = Checkpoints(engine, phase, work)
        if found:
            resume.read(engine, found, phase, work)
            work.tell("resume", step=progress.step, steps=progress.steps)
        batches = global_batches(sets, phase.recipe, coder, progress.step, progress.steps)
        progress = _stepped(_Loop(engine, phase, work, accountant, coder), checkpoints, batches, progress)
        outputs = weights.save(network, work.folder.weights, work.session.first, work.session.doing.goes_on)
    assert progress.loss is not None
    notes, unique = unheld_labels(sets), unique_examples(sets, phase.recipe, progress.drawn)
    earlier = found.progress.cost.seconds if found else 0.0
    return Trained(progress.cost, progress.loss, outputs, notes, unique, earlier)


@dataclass(frozen=True)
class _Loop:
    """What every step of a phase needs."""

    engine: Any
    phase: Train
    work: Work
    accountant: Accountant
    coder: Coder

    @cached_property
    def languages(self) -> dict[str, str]:
        """Each task with what it is trained in, in words."""
        spoken = {
            data.task: [lang for text in data.text or (data,) for lang in text.languages] for data in self.phase.data
        }
        return {task: f"{task} ({', '.join(dict.fromkeys(languages))})" for task, languages in spoken.items()}


def _stepped(loop: _Loop, checkpoints: Checkpoints, batches: Iterable[GlobalBatch], progress: Progress) -> Progress:
    """Take the step of each batch; returns how far the phase has come."""
    work, recipe = loop.work, loop.phase.recipe
    for batch in batches:
        began = time.perf_counter()
        work.doing(f"step {progress.step} on {loop.languages[batch.task]}", steady=True)
        slots = slots_of(batch, work)
        rate = recipe.learning_rate_at(progress.step, progress.steps)
        share = step_on(loop.engine, batch, slots, rate, work, loop.coder.padding)
        news = checkpoints.heard(share.loss)
        step = Step(news.loss / batch.weight, rate, share.grad_norm)
        cost = _cost(batch, slots, loop.accountant, _pass(loop.phase, work), time.perf_counter() - began)
        progress = _further(progress, batch, step, cost)
        _tell(work, progress, batch, step)
        _check_finite(step, progress.step - 1, batch)
        checkpoints.after(progress, news)
    checkpoints.close()
    work.doing("storing weights")
    return progress


def _further(progress: Progress, batch: GlobalBatch, step: Step, cost: Cost) -> Progress:
    """One step further."""
    drawn = Counter(progress.drawn) + Counter({batch.task: batch.drawn})
    loss = step.loss if math.isfinite(step.loss) else None
    done, total = progress.step + 1, progress.cost + cost
    return Progress(progress.steps, done, total, dict(drawn), loss)


def _check_finite(step: Step, number: int, batch: GlobalBatch) -> None:
    """Raise DivergedError, which tells the batch; the checkpoint before it is kept."""
    for name, value in (("loss", step.loss), ("norm of the gradient", step.grad_norm)):
        if value is not None and not math.isfinite(value):
            examples = sorted({feature.example for feature in batch.features})
            raise DivergedError(
                f"step {number} on {batch.task}: the {name} is {value}, on the batch of examples {examples}; "
                "lower the learning rate"
            )


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


def step_on(engine: Any, batch: GlobalBatch, slots: list[Slot], rate: float, work: Work, padding: int) -> Share:
    """One optimiser step.

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
    return Share(seen, None if norm is None else float(norm))


def _mine(batch: GlobalBatch, slots: list[Slot], work: Work, padding: int) -> Iterator[MicroBatch]:
    """The micro-batches of this process; an empty slot runs the filler with weight 0, to keep step."""
    for features in slots[work.session.rank :: work.placement.world_size]:
        work.session.doing.goes_on()
        yield work.micro_batch(batch.task, features or (batch.filler,), padding, 1.0 if features else 0.0)


def _cost(batch: GlobalBatch, slots: list[Slot], accountant: Accountant, through: Pass, seconds: float) -> Cost:
    total = Cost(steps=1, seconds=seconds)
    for features in slots:
        total += accountant.cost(batch.task, features or (batch.filler,), through, bool(features))
    return total


def _tell(work: Work, progress: Progress, batch: GlobalBatch, step: Step) -> None:
    work.tell(
        "step",
        step=progress.step - 1,
        steps=progress.steps,
        loss=progress.loss,
        learning_rate=step.learning_rate,
        grad_norm=step.grad_norm if step.grad_norm is not None and math.isfinite(step.grad_norm) else None,
        task=batch.task,
        flops_model=progress.cost.model,
        tokens=progress.cost.real_tokens,
        seconds=progress.cost.seconds,
    )
