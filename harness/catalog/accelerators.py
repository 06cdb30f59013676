"""Accelerators and what their makers promise of them: dense peak rates, memory, bandwidth and power, with sources.

NVIDIA's sheets print tensor rates with 2:4 sparsity, which training does not have: those are halved here. In fp32
matrices are multiplied at the rate of TF32 only where torch is told to (`allow_tf32`); by default at that of fp32.
"""

from dataclasses import dataclass, replace
from functools import cache

from harness.spec.errors import HarnessError
from harness.spec.load import nearest
from harness.spec.recipe import Precision

CPU = "cpu"  # no table can say its peak: `harness doctor` measures it


@dataclass(frozen=True)
class Device:
    """One accelerator as torch sees it, and calls it (`reported`).

    Rates in TFLOP/s without sparsity, None where the hardware has no such kind of number; memory in GB of 10^9 bytes,
    bandwidth in GB/s. The values that `unverified` names are from memory.
    """

    name: str
    reported: tuple[str, ...]
    bf16: float | None
    tf32: float | None
    fp32: float
    memory_gb: float
    bandwidth_gb_s: float
    watts: float
    source: str
    unverified: tuple[str, ...] = ()

    def peak(self, precision: Precision) -> float | None:
        """FLOP/s of matrix products; None where the device does not multiply such numbers."""
        rate = self.bf16 if precision == "bf16" else self.fp32
        return None if rate is None else rate * 1e12


A100 = "nvidia-a100-datasheet-us-nvidia-1758950-r4-web.pdf, halved where with sparsity; glennklockwood.com A100"
H100 = "NVIDIA H100 datasheet, halved where with sparsity; glennklockwood.com H100"
V100 = "volta-v100-datasheet-update-us-1165301-r5.pdf; its tensor cores multiply fp16 alone, which is not used here"
B200 = "NVIDIA Blackwell brief: HGX B200 at 1000 W, halved where with sparsity; glennklockwood.com B200"
MI250X = "AMD Instinct MI250X brief (Nov 2021), halved: torch sees each of its two dies as a device of its own"
MI300X = "AMD Instinct MI300X data sheet, halved where with sparsity"

_A100 = Device("a100_sxm_40gb", ("NVIDIA A100-SXM4-40GB", "A100-SXM4-40GB"), 312, 156, 19.5, 40, 1555, 400, A100)
_H100 = Device("h100_sxm", ("NVIDIA H100 80GB HBM3",), 989.4, 494.7, 66.9, 80, 3350, 700, H100)
_V100 = Device("v100_sxm2_16gb", ("Tesla V100-SXM2-16GB",), None, None, 15.7, 16, 900, 300, V100)
_V100_PCIE = Device("v100_pcie_16gb", ("Tesla V100-PCIE-16GB",), None, None, 14.0, 16, 900, 250, V100)

DEVICES = (
    _A100,
    replace(
        _A100,
        name="a100_sxm_80gb",
        reported=("NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"),
        memory_gb=80,
        bandwidth_gb_s=2039,
    ),
    replace(_A100, name="a100_pcie_40gb", reported=("NVIDIA A100-PCIE-40GB", "A100-PCIE-40GB"), watts=250),
    replace(
        _A100,
        name="a100_pcie_80gb",
        reported=("NVIDIA A100 80GB PCIe",),
        memory_gb=80,
        bandwidth_gb_s=1935,
        watts=300,
    ),
    _H100,
    Device("h100_pcie", ("NVIDIA H100 PCIe",), 756.5, 378, 51, 80, 2000, 350, H100, ("tf32",)),
    Device(
        "h100_nvl",
        ("NVIDIA H100 NVL",),
        835.5,
        417.5,
        60,
        94,
        3900,
        400,
        H100,
        ("bf16", "tf32", "fp32", "bandwidth_gb_s", "watts"),
    ),
    replace(_H100, name="h200", reported=("NVIDIA H200",), memory_gb=141, bandwidth_gb_s=4800),
    Device("b200", ("NVIDIA B200",), 2250, 1100, 80, 180, 8000, 1000, B200),
    _V100,
    replace(_V100, name="v100_sxm2_32gb", reported=("Tesla V100-SXM2-32GB",), memory_gb=32),
    _V100_PCIE,
    replace(_V100_PCIE, name="v100_pcie_32gb", reported=("Tesla V100-PCIE-32GB",), memory_gb=32),
    Device("l40s", ("NVIDIA L40S",), 362.05, 183, 91.6, 48, 864, 350, "NVIDIA L40S datasheet, the dense column"),
    Device("a10", ("NVIDIA A10",), 125, 62.5, 31.2, 24, 600, 150, "a10-datasheet.pdf, dense", ("tf32", "watts")),
    Device(
        "rtx_4090",
        ("NVIDIA GeForce RTX 4090",),
        165.2,
        82.6,
        82.6,
        24,
        1008,
        450,
        "NVIDIA Ada GPU architecture whitepaper, fp32 accumulation, dense; waredb.com",
    ),
    Device("mi250x", ("AMD Instinct MI250X",), 191.5, None, 47.9, 64, 1600, 280, MI250X, ("watts",)),
    Device("mi300x", ("AMD Instinct MI300X",), 1307.4, 653.7, 163.4, 192, 5300, 750, MI300X, ("tf32", "fp32")),
)


@cache
def _by_name() -> dict[str, Device]:
    return {device.name: device for device in DEVICES}


def device(name: str) -> Device | None:
    """The device of that name; None for the CPU, of which no table knows. Raises HarnessError naming the nearest."""
    if name == CPU:
        return None
    if name not in _by_name():
        raise HarnessError(f"hardware.device: there is no accelerator '{name}'; {nearest(name, (*_by_name(), CPU))}")
    return _by_name()[name]


def reported(name: str) -> Device | None:
    """The device that torch.cuda.get_device_name calls `name`; None where the table does not know it."""
    return next((each for each in DEVICES if name in each.reported), None)
