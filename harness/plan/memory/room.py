"""The room that a cluster has for a phase: what an accelerator holds, and a node's host memory and NVMe."""

from dataclasses import dataclass

from harness.catalog import accelerators
from harness.plan.memory.peak import Memory
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

GB = 10**9


@dataclass(frozen=True)
class Room:
    """Bytes of an accelerator, and of what the phase has of each node for its `processes` there together.

    `one_memory`: the accelerator is a cpu, which has the host's memory and none of its own.
    """

    accelerator: float
    host: float
    nvme: float
    processes: int
    one_memory: bool = False

    def shortages(self, memory: Memory) -> tuple["Shortage", ...]:
        """What `memory` of each process would take, the scarcest first."""
        host = memory.host + (memory.accelerator if self.one_memory else 0)
        found = (
            Shortage(host if self.one_memory else memory.accelerator, self.accelerator, "of memory per accelerator"),
            Shortage(host * self.processes, self.host, "of host memory", of_node=True),
            Shortage(memory.nvme * self.processes, self.nvme, "of NVMe", of_node=True),
        )
        return tuple(sorted(found, key=lambda each: each.ratio, reverse=True))

    def holds(self, memory: Memory) -> bool:
        """Whether all of it fits."""
        return self.shortages(memory)[0].ratio <= 1


@dataclass(frozen=True)
class Shortage:
    """Bytes wanted of one kind of memory, and there; `of_node`: accelerators of a node share it."""

    wanted: float
    there: float
    kind: str
    of_node: bool = False

    @property
    def ratio(self) -> float:
        """Above 1 it does not fit."""
        return self.wanted / self.there if self.there else (float("inf") if self.wanted else 0.0)


def gigabytes(size: float) -> str:
    """Bytes in words."""
    return f"{size / GB:,.0f} GB" if size >= 1000 * GB else f"{size / GB:.3g} GB"


def room(cluster: Cluster) -> Room:
    """The room of a cluster whose hardware is known; raises HarnessError for a device whose memory nobody says."""
    hardware = cluster.hardware
    assert hardware is not None
    device = accelerators.device(hardware.device)
    own = hardware.memory_gb or (device.memory_gb if device else None)
    if own is None:
        raise HarnessError(
            f"cluster '{cluster.name}': hardware.memory_gb is missing; no table knows '{hardware.device}'"
        )
    return Room(
        own * GB,
        hardware.host_memory_gb * GB,
        (hardware.nvme_gb or 0) * GB,
        cluster.processes_per_node,
        one_memory=hardware.device == accelerators.CPU,
    )
