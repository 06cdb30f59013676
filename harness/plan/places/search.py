"""The search for a phase's place on a cluster whose hardware is known: over accelerators, strategies, micro-batches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf, isqrt

from harness.plan.costs.duration import groups, nearest_sizes
from harness.plan.network.flops import Batch, Pass, batch_cost
from harness.plan.network.heads import TEXTS
from harness.plan.network.layers import executed
from harness.plan.places.candidates import Placed, Strategies, fitting, light
from harness.plan.places.placement import Choice
from harness.plan.places.rates import Rates, assumed
from harness.plan.places.reasons import against_fewer, against_lighter, how
from harness.plan.places.step_time import step_time
from harness.spec.cluster import Cluster
from harness.spec.phase import Evaluate, Train, architecture

NEARLY = 1.1  # what offloads or computes twice may cost so much more accelerator-time on more of them: it ends earlier


@dataclass(frozen=True)
class Found:
    """A choice, its cost in accelerator-seconds of a text (None: nothing tells), and whether it is light."""

    choice: Choice
    cost: float | None
    light: bool


def search(phase: Train | Evaluate, cluster: Cluster, strategies: Strategies) -> Choice | None:
    """The fewest accelerators that hold `phase`, or more where its work costs no more; None where nothing fits."""
    best, least, fewer = None, inf, None
    for number in numbers(phase, cluster):
        found = _best(phase, cluster.part(number), strategies)
        if found is None:
            continue
        if best is None or (found.cost is not None and found.cost <= NEARLY * least):
            best, fewer = found, best
        least = min(least, found.cost or inf)
        if best.light:
            break
    if best is None:
        return None
    chosen = best.choice
    lighter = against_lighter(phase, cluster.part(chosen.accelerators), strategies, chosen)
    excluded = "" if best.light else _excluded(phase, chosen.accelerators, cluster)
    reason = against_fewer(fewer.choice if fewer else None, cluster) + excluded
    return replace(chosen, how=f"{how(chosen, cluster)}; {lighter}", reason=reason)


def numbers(phase: Train | Evaluate, cluster: Cluster) -> Iterator[int]:
    """How many accelerators may share `phase`: a part of a node, a node, or whole nodes, if the batch can be dealt."""
    if cluster.accelerators_per_phase is not None:
        yield cluster.accelerators_per_phase
        return
    if isinstance(phase, Evaluate):
        yield from _parts(cluster)
        return
    node = cluster.processes_per_node
    for number in _divisors(phase.recipe.batch_size):
        if number <= min(most(phase), cluster.world_size) and (node % number == 0 or number % node == 0):
            yield number


def most(phase: Train) -> int:
    """How many accelerators have something to do: groups that meet in one softmax are dealt whole."""
    return min(groups(phase.recipe) if data.format == "retrieval" else phase.recipe.batch_size for data in phase.data)


def _parts(cluster: Cluster) -> Iterable[int]:
    node = cluster.processes_per_node
    nodes = (node * nodes for nodes in _doubling(cluster.nodes))
    return dict.fromkeys((*_divisors(node), *nodes, cluster.world_size))


def _best(phase: Train | Evaluate, part: Cluster, strategies: Strategies) -> Found | None:
    """On so many accelerators, the way that takes least time; the lightest where no time can be told."""
    rates = assumed(part, phase.precision)
    found = [_timed(phase, part, placed, rates) for placed in fitting(phase, part, strategies)]
    if rates is None or not found:
        return found[0] if found else None
    return min(found, key=lambda each: each.cost or 0.0)


def _timed(phase: Train | Evaluate, part: Cluster, placed: Placed, rates: Rates | None) -> Found:
    setting, placement, needed = placed
    choice = Choice(setting.strategy, setting.options, placement, part.world_size, needed)
    if rates is None:
        return Found(choice, None, light(setting))
    seconds = step_time(phase, step_flops(phase, choice), choice, part, rates).seconds
    return Found(choice, part.world_size * seconds / _texts(phase, choice), light(setting))


def step_flops(phase: Train | Evaluate, choice: Choice) -> int:
    """Hardware FLOPs of a step of all processes, of full windows without heads: to compare places of one phase."""
    if isinstance(phase, Evaluate):
        length, through, encoder = phase.window.max_length, Pass(), executed(phase)
    else:
        recipe = phase.recipe
        length, encoder = recipe.window.max_length, architecture(phase)
        through = Pass(True, recipe.lora, choice.placement.checkpointing)
    text = batch_cost(encoder, {}, Batch(1, (length,), length, None, 0, 0), through)
    return _texts(phase, choice) * text.hardware


def _texts(phase: Train | Evaluate, choice: Choice) -> int:
    """Full windows of a step: a global batch, or the batches that all processes of an evaluation read at once."""
    if isinstance(phase, Evaluate):
        return choice.placement.world_size * max(1, choice.placement.token_budget // phase.window.max_length)
    return phase.recipe.batch_size * max(TEXTS.get(data.format, 1) for data in phase.data)


def _excluded(phase: Train | Evaluate, number: int, cluster: Cluster) -> str:
    """Which global batches the next larger part of the cluster could share, where it cannot share that of `phase`."""
    more = next((part for part in _parts(cluster) if part > number), None)
    if isinstance(phase, Evaluate) or cluster.accelerators_per_phase or more is None:
        return ""
    size = phase.recipe.batch_size
    return f"; {more} cannot share batch size {size}, but {nearest_sizes(size, more)}" if size % more else ""


def _divisors(number: int) -> list[int]:
    """All of them, the smallest first."""
    small = [each for each in range(1, isqrt(number) + 1) if number % each == 0]
    return sorted({*small, *(number // each for each in small)})


def _doubling(most: int) -> Iterator[int]:
    number = 1
    while number <= most:
        yield number
        number *= 2
