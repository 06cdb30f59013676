"""The search for a phase's place on a cluster whose hardware is known: over accelerators, strategies, micro-batches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf

from harness.plan.candidates import Placed, Strategies, fitting, light
from harness.plan.duration import groups, nearest_sizes
from harness.plan.flops import Batch, Pass, batch_cost
from harness.plan.heads import TEXTS
from harness.plan.layers import executed
from harness.plan.placement import Choice
from harness.plan.rates import Rates, assumed
from harness.plan.room import GB, room
from harness.plan.step_time import step_time
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
    excluded = "" if best.light else _excluded(phase, best.choice.accelerators, cluster)
    return replace(best.choice, how=_how(best.choice, cluster), reason=_reason(fewer, cluster) + excluded)


def numbers(phase: Train | Evaluate, cluster: Cluster) -> Iterator[int]:
    """How many accelerators may share `phase`: a part of a node, a node, or whole nodes, if the batch can be dealt."""
    if cluster.accelerators_per_phase is not None:
        yield cluster.accelerators_per_phase
        return
    for number in _parts(cluster):
        if isinstance(phase, Evaluate) or (phase.recipe.batch_size % number == 0 and number <= most(phase)):
            yield number


def most(phase: Train) -> int:
    """How many accelerators have something to do: groups that meet in one softmax are dealt whole."""
    return min(groups(phase.recipe) if data.format == "retrieval" else phase.recipe.batch_size for data in phase.data)


def _parts(cluster: Cluster) -> Iterable[int]:
    node = cluster.processes_per_node
    parts = [number for number in _doubling(node) if node % number == 0]
    return dict.fromkeys((*parts, node, *(node * nodes for nodes in _doubling(cluster.nodes)), cluster.world_size))


def _best(phase: Train | Evaluate, part: Cluster, strategies: Strategies) -> Found | None:
    """On so many accelerators, the way that takes least time; the lightest where no time can be told."""
    rates = assumed(part, phase.precision if isinstance(phase, Evaluate) else phase.recipe.precision)
    found = [_timed(phase, part, placed, rates) for placed in fitting(phase, part, strategies, room(part))]
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
    texts = _texts(phase, choice)
    return batch_cost(encoder, {}, Batch(texts, [length] * texts, length, None, 0, 0), through).hardware


def _texts(phase: Train | Evaluate, choice: Choice) -> int:
    """Full windows of a step: a global batch, or the batches that all processes of an evaluation read at once."""
    if isinstance(phase, Evaluate):
        return choice.placement.world_size * max(1, choice.placement.token_budget // phase.window.max_length)
    return phase.recipe.batch_size * max(TEXTS.get(data.format, 1) for data in phase.data)


def _how(choice: Choice, cluster: Cluster) -> str:
    """What, on how many, and how full."""
    memory, own = choice.memory, room(cluster)
    checkpointing = " with checkpointing" if choice.placement.checkpointing else ""
    full = f"states {memory.states / GB:.1f} GB of {memory.accelerator / GB:.1f} GB, {own.accelerator / GB:g} GB there"
    return f"{choice.strategy}{checkpointing} on {choice.accelerators}: {full}"


def _reason(fewer: Found | None, cluster: Cluster) -> str:
    """Why not on fewer."""
    if cluster.accelerators_per_phase is not None:
        return "as many accelerators as the cluster's file says"
    if fewer is None:
        return "the fewest accelerators that hold it"
    how = f"{fewer.choice.accelerators} would hold it with {_name(fewer.choice)}"
    return f"{how}, in about as many accelerator-hours or more"


def _excluded(phase: Train | Evaluate, number: int, cluster: Cluster) -> str:
    """Which global batches the next larger part of the cluster could share, where it cannot share that of `phase`."""
    more = next((part for part in _parts(cluster) if part > number), None)
    if isinstance(phase, Evaluate) or cluster.accelerators_per_phase or more is None:
        return ""
    size = phase.recipe.batch_size
    return f"; {more} cannot share batch size {size}, but {nearest_sizes(size, more)}" if size % more else ""


def _name(choice: Choice) -> str:
    return f"{choice.strategy}{' and checkpointing' if choice.placement.checkpointing else ''}"


def _doubling(most: int) -> Iterator[int]:
    number = 1
    while number <= most:
        yield number
        number *= 2
