"""Concurrent tasks of one stage: how many steps each has in an epoch."""

import dataclasses
import math
from collections.abc import Collection, Sequence

from harness.plan.costs.duration import steps_per_epoch
from harness.spec.errors import HarnessError
from harness.spec.load import nearest
from harness.spec.recipe import Mixing, Recipe, TaskWeight


def steps_of_tasks(recipe: Recipe, names: Sequence[str], sizes: Sequence[int]) -> tuple[int, ...]:
    """Steps of one epoch for each of the tasks called `names`, which have `sizes` examples.

    Their sum is that of one pass over every task, sum(ceil(min(n, cap) / batch)), whatever the rule: it only shares
    them out, by largest remainder, and leaves every task at least one. Raises HarnessError for a task without a weight.
    """
    passes = [steps_per_epoch([size], recipe.batch_size, recipe.examples_cap) for size in sizes]
    if recipe.mixing is None or recipe.mixing.rule == "proportional" or len(sizes) == 1:
        return tuple(passes)
    capped = [min(size, recipe.examples_cap or size) for size in sizes]
    return _shared_out(sum(passes), _shares(recipe.mixing, names, capped))


def mixing_of(mixing: Mixing | None, names: Sequence[str], known: Collection[str]) -> Mixing | None:
    """What of `mixing` can change a stage over the tasks called `names`: for one alone nothing, and no other's weight.

    Raises HarnessError for a weight of a task that is not among the `known` ones, and for a task without a weight.
    """
    for each in mixing.weights or () if mixing else ():
        if each.task not in known:
            raise HarnessError(f"mixing: '{each.task}' has a weight, but is in no chain; {nearest(each.task, known)}")
    if mixing is None or len(names) == 1:
        return None
    if mixing.weights is None:
        return mixing
    weights = tuple(TaskWeight(name, _weight(mixing.weights, name)) for name in sorted(names))
    return dataclasses.replace(mixing, weights=weights)


def _shares(mixing: Mixing, names: Sequence[str], sizes: Sequence[int]) -> list[float]:
    """What each task's steps are proportional to."""
    if mixing.temperature is not None:
        return [size ** (1 / mixing.temperature) for size in sizes]
    if mixing.weights is not None:
        return [_weight(mixing.weights, name) for name in names]
    return [1.0] * len(sizes)


def _weight(weights: Sequence[TaskWeight], name: str) -> float:
    known = {each.task: each.weight for each in weights}
    if name not in known:
        raise HarnessError(f"mixing: there is no weight for '{name}'; give one to every task of the mixture")
    return known[name]


def _shared_out(total: int, shares: Sequence[float]) -> tuple[int, ...]:
    """`total` whole steps, at least as many as there are shares, by largest remainder; ties go to the earlier share."""
    single: set[int] = set()  # shares of less than one step, which get one
    while True:
        left = total - len(single)
        weight = sum(share for index, share in enumerate(shares) if index not in single)
        quotas = [1.0 if index in single else left * share / weight for index, share in enumerate(shares)]
        below = {index for index, quota in enumerate(quotas) if quota < 1} - single
        if not below:
            break
        single |= below
    counts = [math.floor(quota) for quota in quotas]
    first = sorted(range(len(shares)), key=lambda index: (counts[index] - quotas[index], index))
    for index in first[: total - sum(counts)]:
        counts[index] += 1
    return tuple(counts)
