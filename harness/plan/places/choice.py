"""Choose where a phase runs: how many accelerators, which memory strategy, checkpointing and micro-batch.

The fewest accelerators that hold a phase are taken, since many phases run side by side: what counts is work done per
accelerator. More are taken where they cost hardly more accelerator-hours, because fewer have to offload or to compute
layers twice. A phase on a part of a node has that part of the node's host memory and NVMe.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from harness.plan.memory.peak import Memory, memory
from harness.plan.places.candidates import Strategies
from harness.plan.places.placement import Choice, Setting, placed
from harness.plan.places.refusal import refusal
from harness.plan.places.search import search
from harness.plan.places.strategies import concrete
from harness.spec.cluster import Cluster
from harness.spec.phase import AnyPhase, Evaluate, Train, architecture

__all__ = ["Choice", "choose"]

PLAIN = "zero1"  # where the sweep names no strategy, and nothing is known from which to choose one


@dataclass(frozen=True)
class Kind:
    """What of a phase its place depends on; phases that agree in it are placed alike, so that one is looked at."""

    features: tuple[Any, ...]
    phase: AnyPhase = field(compare=False)


@dataclass(frozen=True)
class Known:
    """The strategies by their identity, which stays theirs while they are kept: to compare them would take longest."""

    number: int
    strategies: Strategies = field(compare=False)


def choose(phase: AnyPhase, cluster: Cluster, strategies: Strategies, named: str | None) -> Choice:
    """Where `phase` runs on `cluster`, under the strategy that is `named`, or one of `strategies`.

    Raises HarnessError for a batch that the processes cannot make, and for what fits nowhere, with the smallest change
    that would make it fit.
    """
    return _chosen(_kind(phase), cluster, Known(id(strategies), strategies), named)


@cache
def _chosen(kind: Kind, cluster: Cluster, strategies: Known, named: str | None) -> Choice:
    phase, known = kind.phase, strategies.strategies
    if cluster.hardware is None or not isinstance(phase, Train | Evaluate):
        return _plain(phase, cluster, known, named)
    found = search(phase, cluster, {named: known[named]} if named else known)
    if found is None:
        raise refusal(phase, cluster, known, named)
    return found


def _plain(phase: AnyPhase, cluster: Cluster, known: Strategies, named: str | None) -> Choice:
    """On the whole cluster, or as many processes as it says; a tokenizer is trained by one, wherever it runs."""
    name = named or PLAIN
    part = cluster.part(cluster.accelerators_per_phase) if cluster.accelerators_per_phase else cluster
    setting = Setting(name, concrete(known[name], phase, part), part)
    placement = placed(phase, setting)
    if not isinstance(phase, Train | Evaluate):
        return Choice(name, setting.options, placement, 1, Memory(), reason="one process trains a tokenizer")
    needed = memory(phase, placement, setting.options)
    reason = "the whole cluster: no hardware is given"
    return Choice(name, setting.options, placement, part.world_size, needed, reason=reason)


def _kind(phase: AnyPhase) -> Kind:
    """A phase as far as memory and time depend on it: no seed, no duration, no learning rate, no language."""
    match phase:
        case Train():
            recipe = phase.recipe
            of_recipe = (recipe.batch_size, recipe.window, recipe.precision, recipe.lora, recipe.communication)
            shapes = (recipe.dropout > 0, recipe.mask, recipe.negatives)
            heads = tuple((data.format, len(data.labels)) for data in phase.data)
            return Kind(("train", architecture(phase), *of_recipe, *shapes, heads), phase)
        case Evaluate():
            data, pool = phase.data, phase.pool
            head = (data.task, data.format, len(data.labels), phase.head is None, phase.layer, pool is None)
            return Kind(("evaluate", architecture(phase), phase.window, phase.precision, *head), phase)
        case _:
            return Kind((phase.kind,), phase)
