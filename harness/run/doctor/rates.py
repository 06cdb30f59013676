"""Rates: what was measured, beside what makers promise and what the cluster's file says."""

from collections.abc import Iterator
from typing import NamedTuple

from harness.catalog import accelerators
from harness.files.ceiling import Ceiling
from harness.run.doctor.finding import Finding, ok, warning
from harness.spec.cluster import Cluster

CHECK = "rates"
ENOUGH = 0.5  # of what is promised; a sound accelerator reaches 0.7 to 0.9, a wrong interface a tenth
UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"))


class Rate(NamedTuple):
    """One measured rate, and what is promised of it, None where nothing is; `lacking` says why it may be lower."""

    name: str
    measured: float
    unit: str
    promised: float | None
    lacking: str


def rates(ceiling: Ceiling, cluster: Cluster) -> list[Rate]:
    """Everything that was measured."""
    device, hardware = accelerators.reported(ceiling.device), cluster.hardware
    bandwidth = device.bandwidth_gb_s * 1e9 if device else None
    link = (hardware.network_gb_s if cluster.nodes > 1 else hardware.link_gb_s) if hardware else None
    pcie = hardware.pcie_gb_s if hardware else None
    busy = "is something else at work there, or its clock held down (nvidia-smi -q -d PERFORMANCE)?"
    said = f"lower hardware.{'network' if cluster.nodes > 1 else 'link'}_gb_s, or find what is wrong"
    far = f"{said}: NCCL_DEBUG=INFO says over which interface it goes"
    slot = "lower hardware.pcie_gb_s, or look at how the slot was trained (nvidia-smi -q)"
    rows = [
        ("matrix products, bf16", ceiling.matmul_bf16, "FLOP/s", device.peak("bf16") if device else None, busy),
        ("matrix products, fp32", ceiling.matmul_fp32, "FLOP/s", device.peak("fp32") if device else None, busy),
        ("memory, copied", ceiling.copy, "B/s", bandwidth, busy),
        ("memory, a = b + s c", ceiling.triad, "B/s", bandwidth, busy),
        ("all-reduce, sent", ceiling.all_reduce, "B/s", link and link * 1e9, far),
        ("host to device", ceiling.to_device, "B/s", pcie and pcie * 1e9, slot),
        ("device to host", ceiling.from_device, "B/s", pcie and pcie * 1e9, slot),
    ]
    return [Rate(name, rate, unit, promise, why) for name, rate, unit, promise, why in rows if rate is not None]


def check_rates(ceiling: Ceiling, cluster: Cluster) -> list[Finding]:
    """A finding for each rate that is far below what was promised."""
    return list(_slow(ceiling, cluster)) or [ok(CHECK, "none is far below what is promised of it, see below")]


def scaled(number: float, unit: str) -> str:
    """A number with a prefix: 12.3 GB/s."""
    for size, prefix in UNITS:
        if number >= size:
            return f"{number / size:,.3g} {prefix}{unit}"
    return f"{number:,.3g} {unit}"


def _slow(ceiling: Ceiling, cluster: Cluster) -> Iterator[Finding]:
    for rate in rates(ceiling, cluster):
        if rate.promised and rate.measured < ENOUGH * rate.promised:
            share = f"{rate.measured / rate.promised:.0%} of {scaled(rate.promised, rate.unit)}"
            yield warning(CHECK, f"{rate.name}: {scaled(rate.measured, rate.unit)}, {share}", rate.lacking)
