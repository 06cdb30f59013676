"""The table of accelerators: dense rates, found by our name and by torch's."""

import pytest

from harness.catalog.accelerators import CPU, DEVICES, Device, device, reported
from harness.spec.errors import HarnessError


def test_names_are_distinct() -> None:
    assert len({each.name for each in DEVICES}) == len(DEVICES)
    told = [name for each in DEVICES for name in each.reported]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("entry", DEVICES, ids=lambda entry: entry.name)
def test_rates_are_dense_and_in_order(entry: Device) -> None:
    """bf16 is twice tf32, to a rounding: were one of the two sparse, it would be four times it, or as much."""
    assert entry.source
    assert entry.fp32 <= (entry.tf32 or entry.fp32) <= (entry.bf16 or entry.tf32 or entry.fp32)
    if entry.bf16 and entry.tf32:
        assert entry.bf16 / entry.tf32 == pytest.approx(2.0, rel=0.03)
    assert set(entry.unverified) <= set(Device.__dataclass_fields__)


def test_sheets_with_sparsity_are_halved() -> None:
    h100, a100 = reported("NVIDIA H100 80GB HBM3"), reported("NVIDIA A100-SXM4-40GB")
    assert h100 is not None
    assert a100 is not None
    assert h100.peak("bf16") == pytest.approx(1979e12 / 2, rel=1e-3)
    assert a100.peak("bf16") == 624e12 / 2
    assert a100.peak("fp32") == 19.5e12


def test_no_bf16_is_no_peak() -> None:
    volta = device("v100_sxm2_32gb")
    assert volta is not None
    assert volta.peak("bf16") is None


def test_the_cpu_is_in_no_table_and_an_unknown_name_names_the_nearest() -> None:
    assert device(CPU) is None
    assert reported("Intel(R) Xeon(R)") is None
    with pytest.raises(HarnessError, match=r"there is no accelerator 'h100_sxn'; did you mean 'h100_sxm'"):
        device("h100_sxn")
