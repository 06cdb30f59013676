"""How long an optimiser step takes: compute, the optimizer's bytes, communication and offload apart.

compute        hardware FLOPs / (accelerators x achieved rate), but at least the weights read once a pass and
               micro-batch from memory (the roofline: Williams et al. 2009)
optimizer      28 bytes of each parameter that a process updates: Adam reads its gradient, fp32 copy, momentum and
               variance, and writes the last three and the parameter
communication  bytes over links, and over the network that a node's processes share; where the strategy overlaps
               it, as much of it as the backward pass does not cover; and the overhead of each trained
               micro-batch whose layers are gathered
offload        PCIe, NVMe, and Adam on the host for what is kept there
"""

from dataclasses import dataclass
from typing import NamedTuple

from harness.plan.places.placement import Choice
from harness.plan.places.rates import Rates
from harness.plan.places.roofline import optimizer_bytes, weight_bytes
from harness.plan.places.traffic import traffic
from harness.spec.cluster import Cluster
from harness.spec.phase import Evaluate, Train

BACKWARD = 2 / 3  # of a step's compute, under which gradients can be sent


class Wires(NamedTuple):
    """Bytes/s of an accelerator's link and PCIe, of a node's network and NVMe."""

    link: float
    network: float
    pcie: float
    nvme: float


MODEST = Wires(50.0, 12.5, 12.0, 3.0)  # GB/s


@dataclass(frozen=True)
class StepTime:
    """Seconds of one optimiser step; what overlaps with compute is not counted twice."""

    compute: float = 0.0
    optimizer: float = 0.0
    communication: float = 0.0
    offload: float = 0.0

    @property
    def seconds(self) -> float:
        """The whole step."""
        return self.compute + self.besides

    @property
    def besides(self) -> float:
        """What is not compute."""
        return self.optimizer + self.communication + self.offload


def step_time(
    phase: Train | Evaluate, hardware_flops_per_step: float, choice: Choice, cluster: Cluster, rates: Rates
) -> StepTime:
    """The time of one step of `phase`, or of one batch of an evaluation, as it is placed by `choice`."""
    wires = _wires(cluster)
    per_node = min(choice.accelerators, cluster.processes_per_node)
    zero = choice.options["zero_optimization"]
    sent = traffic(phase, choice.placement, choice.options, per_node)
    talk = sent.link / wires.link + sent.network * per_node / wires.network
    moved = sent.pcie / wires.pcie + sent.nvme * per_node / wires.nvme
    compute = _compute(phase, hardware_flops_per_step / choice.accelerators, choice, rates)
    trained = isinstance(phase, Train)
    overhead = choice.placement.accumulation * rates.overhead if trained and choice.gathers else 0.0
    covered = BACKWARD * compute if zero.get("overlap_comm") else 0.0
    updated = optimizer_bytes(phase, choice.placement)
    on_host = zero.get("offload_optimizer") is not None
    return StepTime(
        compute=compute,
        optimizer=0.0 if on_host else updated / rates.bandwidth,
        communication=max(0.0, talk - covered) + overhead,
        offload=moved + (updated / rates.host if on_host else 0.0),
    )


def _compute(phase: Train | Evaluate, flops: float, choice: Choice, rates: Rates) -> float:
    weights = weight_bytes(phase, choice.placement)
    return max(flops / rates.flops, weights / rates.bandwidth)


def _wires(cluster: Cluster) -> Wires:
    """Bytes/s, modest ones where the cluster's file does not say."""
    given = cluster.hardware
    said = (given.link_gb_s, given.network_gb_s, given.pcie_gb_s, given.nvme_gb_s) if given else (None,) * 4
    return Wires(*(1e9 * (rate or modest) for rate, modest in zip(said, MODEST, strict=True)))
