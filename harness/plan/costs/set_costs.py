"""What one set costs, read once: in training by micro-batches of like lengths, in evaluation by token budgets."""

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from harness.files.lengths import Histogram, Lengths
from harness.plan.costs.padding import padded_in_evaluation, padded_in_training
from harness.plan.costs.prices import Priced
from harness.plan.network.flops import READING, Head, Pass
from harness.plan.network.heads import TEXTS, classes, head_sets
from harness.plan.network.layers import executed
from harness.spec.cluster import Placement
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, Train, architecture
from harness.spec.recipe import Recipe, Window
from harness.spec.record import Cost
from harness.spec.task import Data, Format

AT_FIRST = ("pair", "choice", "retrieval")  # formats whose head reads one token of a sequence
EVERYWHERE = ("span",)  # formats whose head reads padding, too
TOKEN_BUDGET = 8192  # where there is no placement yet


class Known(NamedTuple):
    """A set and its lengths: `measured`, or each sequence a full window; of one row where it is not `counted`."""

    data: Data
    lengths: Lengths
    measured: bool
    counted: bool = True


class _Batching(NamedTuple):
    """How a set is cut: features drawn together, a micro-batch, and the share of tokens that is masked."""

    together: int
    micro: int
    mask: float


@cache
def full_windows(format_: Format, rows: int, window: Window, pool: bool = False) -> Lengths:
    """A set of so many rows, each of their texts one full window; with a `pool`, a row is a query or a candidate."""
    each = 1 if pool else TEXTS.get(format_, 1)
    positions = each * rows * (1 if format_ in AT_FIRST else window.max_length)
    if not rows:
        return Lengths(0, (), ())
    return Lengths(positions, ((window.max_length, each * rows),), ((window.max_length, rows),))


def training_pass(phase: Train, known: Known, placement: Placement | None) -> Cost:
    """One pass over a set of a stage, whatever its part in a mixture."""
    priced = price_of(phase, known, placement is not None and placement.checkpointing)
    return _trained(priced, known.lengths, _batching(phase.recipe, known.data.format, placement))


def evaluation_pass(phase: Evaluate, known: Known, placement: Placement | None) -> Cost:
    """One pass over a set of an evaluation."""
    heads = _heads(head_sets(phase), executed(phase))
    priced = Priced(executed(phase), next(iter(heads), None), (), READING)
    return _read(priced, known.lengths, known.data.format, placement.token_budget if placement else TOKEN_BUDGET)


def batches_of(known: Known, placement: Placement | None) -> int:
    """The batches of one pass over a set of an evaluation."""
    budget = placement.token_budget if placement else TOKEN_BUDGET
    return padded_in_evaluation(known.lengths, budget)[1] if known.lengths.features else 0


def price_of(phase: Train, known: Known, checkpointing: bool = False) -> Priced:
    """The network of a stage on its way through one of its sets."""
    model = architecture(phase)
    (own,) = _heads([known.data], model)
    idle = _heads([data for data in phase.data if data.task != known.data.task], model)
    return Priced(model, own, idle, Pass(True, phase.recipe.lora, checkpointing))


def _heads(sets: Sequence[Data], model: Architecture) -> tuple[Head, ...]:
    return tuple(Head(data.format, classes(data, model)) for data in sets)


def _batching(recipe: Recipe, format_: Format, placement: Placement | None) -> _Batching:
    """Without a placement, a global batch is one micro-batch; what meets in one softmax stays in one."""
    micro = placement.micro_batch if placement else recipe.batch_size
    grouped = (recipe.negatives or recipe.batch_size) if format_ == "retrieval" else 1
    return _Batching(recipe.batch_size * recipe.length_window, max(micro, grouped), recipe.mask)


@cache
def _trained(priced: Priced, lengths: Lengths, batch: _Batching) -> Cost:
    assert priced.head is not None
    padded = padded_in_training(lengths, batch.together, batch.micro)
    positions = round(batch.mask * lengths.positions) if priced.head.format == "mlm" else lengths.positions
    return _both(priced, lengths, positions, (padded, -(-lengths.features // batch.micro)))


@cache
def _read(priced: Priced, lengths: Lengths, format_: Format, token_budget: int) -> Cost:
    """Of retrieval, queries and candidates are examples of their own."""
    if not lengths.features:
        return Cost()
    cost = _both(priced, lengths, lengths.positions, padded_in_evaluation(lengths, token_budget))
    sequences = sum(count for _, count in lengths.sequences)
    return dataclasses.replace(cost, examples=sequences if format_ == "retrieval" else lengths.features)


def _both(priced: Priced, lengths: Lengths, positions: int, padding: tuple[Histogram, int]) -> Cost:
    """What is needed, and what is executed in batches padded like this."""
    padded, batches = padding
    everywhere = priced.head is not None and priced.head.format in EVERYWHERE
    padded_positions = sum(tokens * count for tokens, count in padded) if everywhere else positions
    return priced.real(lengths.sequences, positions) + priced.executed(padded, padded_positions, batches)
