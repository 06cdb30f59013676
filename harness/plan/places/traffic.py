"""Bytes that one process sends for an optimiser step: to its peers, and to its host and NVMe where it offloads.

P is a model's bytes. A ring over N processes sends P (N-1)/N to gather or to scatter, twice that to reduce for all; so
a step sends

    stage 0      2 P, gradients reduced for all
    stages 1, 2  3 P: DeepSpeed 0.19.8 reduces gradients for all, where the ZeRO paper (arXiv 1910.02054, section 7) has
                 each reduced to its owner and so 2 P; then updated parameters are gathered. Stage 2 reduces in every
                 micro-batch
    stage 3      3 P in every micro-batch: parameters gathered forward and backward, gradients scattered. What is kept
                 gathered (plan/memory/engine_memory.py) is not gathered again

ZeRO++ (arXiv 2306.10209): hpZ gathers backward inside a node; qwZ gathers one byte a parameter; qgZ sends half a byte a
gradient, first inside a node and then, reduced, between nodes. Offload (ZeRO-Infinity, arXiv 2104.07857): gradients go
down and updated parameters up, offloaded parameters up for every gathering; NVMe is read and written.
"""

from dataclasses import dataclass
from typing import Any

from harness.plan.memory.engine_memory import kept_gathered
from harness.plan.memory.states import WIDTH
from harness.plan.memory.zero import Zero, zero
from harness.plan.network.counts import Counts, counts
from harness.spec.cluster import Placement
from harness.spec.phase import Evaluate, Train

ON_NVME = 2 * (12 + 4)  # of each parameter: its fp32 copy, momentum, variance and gradient, read and written


@dataclass(frozen=True)
class Traffic:
    """Bytes of one process and optimiser step, sent over links inside a node, between nodes, over PCIe, to NVMe."""

    link: int = 0
    network: int = 0
    pcie: int = 0
    nvme: int = 0

    def plus(self, *others: "Traffic") -> "Traffic":
        """All together."""
        every = (self, *others)
        return Traffic(
            link=sum(each.link for each in every),
            network=sum(each.network for each in every),
            pcie=sum(each.pcie for each in every),
            nvme=sum(each.nvme for each in every),
        )

    def times(self, number: int) -> "Traffic":
        """So many of it."""
        return Traffic(number * self.link, number * self.network, number * self.pcie, number * self.nvme)


@dataclass(frozen=True)
class Ring:
    """The processes of a phase, of which `per_node` share a node."""

    processes: int
    per_node: int

    def once(self, size: int) -> Traffic:
        """`size` bytes gathered or scattered: a node's links carry them on, one edge of the ring leaves the node."""
        sent = size * (self.processes - 1) // self.processes
        if self.processes <= self.per_node:
            return Traffic(link=sent)
        return Traffic(link=sent * (self.per_node - 1) // self.per_node, network=sent // self.per_node)


def traffic(phase: Train | Evaluate, placement: Placement, options: dict[str, Any], per_node: int) -> Traffic:
    """What `phase` sends for an optimiser step, or for a batch of an evaluation; `per_node` processes share a node."""
    said, count, ring = zero(options), counts(phase), Ring(placement.world_size, per_node)
    width = WIDTH[phase.precision]
    moved = _offloaded(count, width, said, placement)
    if said.stage == 3:
        kept = kept_gathered(count, said, placement.checkpointing)
        each = _gathered(count, width, said, (ring, kept)).plus(_scattered(count, width, said, ring))
        return each.times(placement.accumulation).plus(moved)
    reduced = ring.once(width * count.trained).times(2)
    updated = ring.once(width * count.trained if said.stage else 0)
    return reduced.times(placement.accumulation if said.stage == 2 else 1).plus(updated, moved)


def _gathered(count: Counts, width: int, said: Zero, over: tuple[Ring, int]) -> Traffic:
    """All parameters forward, and backward those that were not kept."""
    ring, kept = over
    forward = ring.once(count.all * (1 if said.quantised_weights else width))
    if not count.trained:
        return forward
    inside = ring if said.secondary == 1 else Ring(said.secondary, said.secondary)
    again = count.all - min(kept, count.all)
    return forward.plus(inside.once(again * (1 if said.quantised_weights and said.secondary == 1 else width)))


def _scattered(count: Counts, width: int, said: Zero, ring: Ring) -> Traffic:
    if not said.quantised_gradients or ring.processes <= ring.per_node:
        return ring.once(width * count.trained)
    half = count.trained // 2
    inside = Ring(ring.per_node, ring.per_node).once(half)
    nodes = ring.processes // ring.per_node
    return inside.plus(Traffic(network=half // ring.per_node * (nodes - 1) // nodes))


def _offloaded(count: Counts, width: int, said: Zero, placement: Placement) -> Traffic:
    """Over PCIe and to NVMe; gradients that accumulate on the host go down in every micro-batch, and up to be added."""
    part, whole = (width * number // placement.world_size for number in (count.trained, count.all))
    again = placement.accumulation - 1
    pcie = part * (2 + 2 * again) if said.optimizer else 0
    nvme = ON_NVME * count.trained // placement.world_size if said.optimizer == "nvme" else 0
    if said.parameters:
        gatherings = (2 if count.trained else 1) * placement.accumulation
        pcie += gatherings * whole
        if said.parameters == "nvme":
            beyond = max(0, whole - width * said.parameters_in_host)
            nvme += gatherings * beyond + min(part, beyond)
    return Traffic(pcie=pcie, nvme=nvme)
