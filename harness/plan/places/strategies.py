"""A memory strategy made concrete for one phase: where the cluster's NVMe lies, how many processes share a node."""

from typing import Any

from harness.plan.network.size import size
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Evaluate, Train, architecture
from harness.spec.strategy import QUANTISED

Options = dict[str, Any]
OFFLOADED = ("offload_optimizer", "offload_param")


class UnsuitedError(HarnessError):
    """A strategy that a cluster of this size has no use for; another size may."""


def concrete(options: Options, phase: AnyPhase, cluster: Cluster) -> Options:
    """The DeepSpeed options of a strategy for `phase` on `cluster`, or on the share of one that it is.

    Raises HarnessError where the strategy changes numbers and the recipe does not allow it, or where the cluster has
    no NVMe, UnsuitedError where its nodes are of a size that does not fit. An evaluation sends its weights as they are:
    it has no recipe.
    """
    zero = dict(options["zero_optimization"])
    if rounds(phase, options):
        raise HarnessError(
            "ZeRO stage 0 keeps no fp32 copy of bf16 weights, so small updates are rounded away and numbers change; "
            "name a strategy of stage 1, 2 or 3, or none"
        )
    if quantised(options) and not _allows(phase):
        if isinstance(phase, Train):
            raise HarnessError(
                "the memory strategy sends weights and gradients in fewer bits, which changes numbers; "
                "say `communication: quantised` in the recipe, or name another strategy"
            )
        zero = {key: option for key, option in zero.items() if key not in QUANTISED}
    for key in _on(zero, "nvme"):
        zero[key] = {**zero[key], "nvme_path": _nvme(cluster)}
    if "buffer_size" in zero.get("offload_param", {}):
        zero["offload_param"] = _roomy(zero["offload_param"], phase, cluster)
    if "zero_hpz_partition_size" in zero:
        zero["zero_hpz_partition_size"] = _partition(zero["zero_hpz_partition_size"], cluster)
    return {**options, "zero_optimization": zero}


def rounds(phase: AnyPhase, options: Options) -> bool:
    """Whether updates would be made in bf16: DeepSpeed 0.19.8 has fp32 masters of bf16 weights from stage 1 on.

    Tried on a tiny model: losses of stages 1 and 2 were equal, that of stage 0 was 0.12 off after one update.
    """
    stage = options["zero_optimization"]["stage"]
    return isinstance(phase, Train) and phase.precision == "bf16" and stage == 0


def quantised(options: Options) -> bool:
    """Whether weights or gradients are sent in fewer bits than they have."""
    return any(options["zero_optimization"].get(key) for key in QUANTISED)


def offloads(options: Options, device: str) -> bool:
    """Whether anything is kept on `device`: cpu or nvme."""
    return bool(_on(options["zero_optimization"], device))


def offloaded(options: Options) -> tuple[str, ...]:
    """What is kept elsewhere, and where, in words: `optimizer on cpu`."""
    zero = options["zero_optimization"]
    kept = ((name, zero.get(f"offload_{key}")) for key, name in (("optimizer", "optimizer"), ("param", "parameters")))
    return tuple(f"{name} on {where['device']}" for name, where in kept if where)


def apart(options: Options, phase: AnyPhase) -> Options:
    """`options` with a folder on NVMe for `phase` alone: DeepSpeed tells its files by the rank, and deletes others'."""
    zero = dict(options["zero_optimization"])
    for key in _on(zero, "nvme"):
        zero[key] = {**zero[key], "nvme_path": f"{zero[key]['nvme_path']}/{identity(phase)}"}
    return {**options, "zero_optimization": zero}


def _on(zero: Options, device: str) -> list[str]:
    """What is offloaded to `device`."""
    return [key for key in OFFLOADED if zero.get(key, {}).get("device") == device]


def _allows(phase: AnyPhase) -> bool:
    return isinstance(phase, Train) and phase.recipe.communication == "quantised"


def _nvme(cluster: Cluster) -> str:
    if cluster.hardware is None or cluster.hardware.nvme_path is None:
        raise HarnessError(
            f"cluster '{cluster.name}' names no folder on NVMe to offload to; "
            "give hardware.nvme_path in its file, or a strategy that offloads to cpu"
        )
    return cluster.hardware.nvme_path


def _roomy(offloaded: Options, phase: AnyPhase, cluster: Cluster) -> Options:
    """Buffers that hold a process's part of the largest tensor: DeepSpeed stops at one that they do not."""
    if not isinstance(phase, Train | Evaluate):
        return offloaded
    part = -(-size(architecture(phase)).largest_tensor // cluster.world_size)
    return {**offloaded, "buffer_size": max(offloaded["buffer_size"], part)}


def _partition(share: int | str, cluster: Cluster) -> int:
    """How many processes keep a second copy of the parameters between them; they must share a node."""
    processes = cluster.processes_per_node
    if share == "node":
        return processes
    if processes % int(share):
        raise UnsuitedError(
            f"cluster '{cluster.name}': zero_hpz_partition_size is {share}, which does not divide its {processes} "
            'processes per node; say "node" in the strategy'
        )
    return int(share)
