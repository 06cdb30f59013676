"""How many optimiser steps a stage takes, and how a global batch is cut to processes."""

import math
from collections.abc import Iterable, Sequence

from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.recipe import Recipe


def steps_per_epoch(sizes: Sequence[int], batch_size: int, cap: int | None) -> int:
    """Steps of one epoch of a mixture: the sum of ceil(min(n, cap) / batch) over its tasks (jiant's rule)."""
    return sum(math.ceil(min(size, cap or size) / batch_size) for size in sizes)


def total_steps(recipe: Recipe, sizes: Sequence[int]) -> int | None:
    """Optimiser steps of a stage over tasks with `sizes` examples; None where a FLOP budget decides instead."""
    duration, batch = recipe.duration, recipe.batch_size
    counted = duration.at_batch_size or batch
    match duration.unit:
        case "epochs":
            return math.ceil(duration.amount * steps_per_epoch(sizes, counted, recipe.examples_cap))
        case "steps":
            return math.ceil(duration.amount * counted / batch)
        case "flops" | "match":
            return None


def steps_within(budget: float, step_flops: Iterable[int]) -> int:
    """How many steps, taken in their order, a budget of model FLOPs pays for.

    Raises HarnessError when it does not pay for the first one.
    """
    left = budget
    for steps, flops in enumerate(step_flops):
        if flops > left:
            if steps == 0:
                raise HarnessError(f"a budget of {budget:.3g} FLOPs is below one step ({flops:.3g}); raise it")
            return steps
        left -= flops
    raise AssertionError("steps come without end")


def micro_batching(batch_size: int, cluster: Cluster) -> tuple[int, int]:
    """The micro-batch and the accumulation that make the global batch on `cluster`, with the fewest micro-batches.

    Raises HarnessError, naming the nearest valid batch sizes, when the processes cannot make it.
    """
    world = cluster.world_size
    if batch_size % world:
        near = nearest_sizes(batch_size, world)
        raise HarnessError(f"batch size {batch_size}: {world} processes cannot share it equally; nearest: {near}")
    share = batch_size // world
    micro = max(size for size in range(1, min(share, cluster.max_micro_batch) + 1) if share % size == 0)
    return micro, share // micro


def nearest_sizes(batch_size: int, processes: int) -> str:
    """In words, the batch sizes nearest to this one that so many processes can share equally."""
    below, above = batch_size // processes * processes, math.ceil(batch_size / processes) * processes
    return f"{above}" if below == 0 else f"{below} or {above}"


def groups(recipe: Recipe) -> int:
    """How many softmaxes a global batch of retrieval is dealt in: all of it is one, unless `negatives` says less."""
    return -(-recipe.batch_size // (recipe.negatives or recipe.batch_size))
