"""The ways in which a phase fits a part of a cluster: strategies from light to heavy, with checkpointing or not."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.plan.memory.peak import Memory, memory
from harness.plan.memory.room import Room, Shortage, room
from harness.plan.places.placement import Setting, cut, placed
from harness.plan.places.strategies import UnsuitedError, concrete, offloads, quantised, rounds
from harness.spec.cluster import Cluster, Placement
from harness.spec.phase import Evaluate, Train

Strategies = Mapping[str, dict[str, Any]]
Placed = tuple[Setting, Placement, Memory]


def fitting(phase: Train | Evaluate, cluster: Cluster, strategies: Strategies) -> Iterator[Placed]:
    """What fits, in order; the last is one that leaves nothing to gain by a heavier one."""
    for setting in settings(phase, cluster, strategies):
        if found := _largest(phase, setting, room(cluster)):
            yield found
            if light(setting) and found[1].micro_batch == placed(phase, setting).micro_batch:
                return


def settings(phase: Train | Evaluate, cluster: Cluster, strategies: Strategies) -> Iterator[Setting]:
    """What can be tried: every strategy that the recipe allows and the cluster has the means for."""
    for name, options in sorted(strategies.items(), key=lambda each: _weight(each[1])):
        if len(strategies) > 1 and not _usable(phase, cluster, options):  # of one alone, `concrete` says why not
            continue
        try:
            made = concrete(options, phase, cluster)
        except UnsuitedError:  # to a part as small as this
            continue
        for checkpointing in (False, True) if isinstance(phase, Train) else (False,):
            yield Setting(name, made, cluster, checkpointing)


def tightest(phase: Train | Evaluate, setting: Setting) -> Shortage:
    """What is scarcest, with the smallest micro-batch, or the largest where this keeps no gradients between several."""
    largest, there = placed(phase, setting), room(setting.cluster)
    needed = [memory(phase, each, setting.options) for each in (cut(largest, 1), largest)]
    return min((there.shortages(each)[0] for each in needed), key=lambda each: each.ratio)


def light(setting: Setting) -> bool:
    """Whether nothing is offloaded and nothing is computed twice."""
    return not setting.checkpointing and not any(offloads(setting.options, device) for device in ("cpu", "nvme"))


def _largest(phase: Train | Evaluate, setting: Setting, there: Room) -> Placed | None:
    """With the largest micro-batch that fits: one that need not accumulate may fit where a smaller one does not."""
    largest = placed(phase, setting)
    for size in _micro_batches(largest):
        placement = cut(largest, size)
        needed = memory(phase, placement, setting.options)
        if there.holds(needed):
            return setting, placement, needed
    return None


def _micro_batches(largest: Placement) -> list[int]:
    share = largest.micro_batch * largest.accumulation
    return [size for size in range(largest.micro_batch, 0, -1) if share % size == 0]


def _weight(options: dict[str, Any]) -> tuple[Any, ...]:
    """From light to heavy: what is kept on NVMe, then on the host, then how much is sent, last the stage."""
    zero = options["zero_optimization"]
    parameters, optimizer = zero.get("offload_param"), zero.get("offload_optimizer")
    partition = zero.get("zero_hpz_partition_size")
    return (offloads(options, "nvme"), parameters is not None, optimizer is not None, zero["stage"], bool(partition))


def _usable(phase: Train | Evaluate, cluster: Cluster, options: dict[str, Any]) -> bool:
    # From NVMe, fp32 weights come back rounded to bf16 (worker/agreement.py): nobody gets that unasked.
    no_nvme = cluster.hardware is None or cluster.hardware.nvme_path is None or phase.precision == "fp32"
    may_quantise = isinstance(phase, Train) and phase.recipe.communication == "quantised"
    refused = (no_nvme and offloads(options, "nvme")) or (quantised(options) and not may_quantise)
    return not (refused or rounds(phase, options))
