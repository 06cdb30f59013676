"""How fast an accelerator really works: measured in finished phases, or by `harness doctor`, or assumed."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.catalog import accelerators
from harness.spec.cluster import Cluster
from harness.spec.recipe import Precision

# Published runs of 1B to 70B decoders reach 36 to 64 % of the dense peak on A100 and H100 (llm-foundry's table).
ASSUMED = 0.4
STREAMED = 0.8  # of the sheet's memory bandwidth, as STREAM-like kernels reach; assumed
# torch's own Adam took 1.39 s for 10^9 parameters of 28 bytes on one host, DeepSpeed's 0.22 s (ZeRO-Offload, Ren et al.
# 2021, table 4, written from memory); ours is torch's, and each of a node's processes has about an eighth of it.
HOST_ADAM = 2.5e9


class Peak(NamedTuple):
    """What one accelerator can do at most: FLOP/s of matrix products, bytes/s of its memory."""

    flops: float
    bandwidth: float


@dataclass(frozen=True)
class Rates:
    """FLOP/s that one accelerator achieves, bytes/s of its memory and of its Adam on the host; `source` says whence.

    `peak` is what it could at most, by its sheet or by what was measured.
    `overhead` are seconds of a trained micro-batch whose layers are gathered that no bytes explain: DeepSpeed's hooks
    around every module, gradients that gloo scatters more slowly than it sums them.
    """

    flops: float
    bandwidth: float
    source: str
    peak: Peak
    host: float = HOST_ADAM
    overhead: float = 0.0


def assumed(cluster: Cluster, precision: Precision) -> Rates | None:
    """A share of what the table promises; None without hardware, or of a device that no table knows."""
    device = accelerators.device(cluster.hardware.device) if cluster.hardware else None
    peak = device.peak(precision) if device else None
    if device is None or peak is None:
        return None
    source = f"assumed: {ASSUMED:.0%} of {device.name}'s {peak / 1e12:,.0f} dense TFLOP/s in {precision}"
    memory = device.bandwidth_gb_s * 1e9
    return Rates(ASSUMED * peak, STREAMED * memory, source, Peak(peak, memory))


def of_ceiling(matmul: float, bandwidth: float) -> Rates:
    """The same share of what `harness doctor` measured: FLOP/s of matrix products, bytes/s of memory."""
    source = f"assumed: {ASSUMED:.0%} of {matmul / 1e12:,.3g} TFLOP/s that matrix products reach on this machine"
    return Rates(ASSUMED * matmul, bandwidth, source, Peak(matmul, bandwidth))


def calibrated(guess: Rates, flops: float, seconds: float, besides: float, where: str) -> Rates:
    """`guess` with the rate at which an accelerator did so many hardware FLOPs in `seconds`.

    What is told of optimizer, communication and offload, `besides`, is believed up to half of that time.
    """
    rate = flops / max(seconds - besides, seconds / 2)
    return replace(guess, flops=rate, source=f"measured: {rate / 1e12:,.3g} TFLOP/s in {where}")


def with_overhead(rates: Rates, seconds: float, told: float, micro_batches: int) -> Rates:
    """`rates` with what so many micro-batches whose layers are gathered took beyond the seconds that `rates` told."""
    return replace(rates, overhead=max(0.0, seconds - told) / micro_batches)
