"""Time and memory are those of the phase, not of the process."""

import os
import time
from pathlib import Path

import pytest
import torch

from harness.worker.meter import Meter

MIB = 2**20


def test_the_peak_is_of_what_happened_since_the_start_even_if_it_is_freed() -> None:
    first = Meter(torch.device("cpu"))
    before = first.peak_memory
    block = torch.ones(100 * MIB // 4)
    del block
    assert before > 0
    assert first.peak_memory - before > 80 * MIB


def test_an_earlier_peak_is_forgotten_where_the_kernel_can() -> None:
    first = Meter(torch.device("cpu"))
    block = torch.ones(100 * MIB // 4)
    del block
    fell = first.peak_memory - Meter(torch.device("cpu")).peak_memory
    assert (fell > 80 * MIB) is os.access("/proc/self/clear_refs", os.W_OK)


def test_seconds_go_on_from_the_start() -> None:
    meter = Meter(torch.device("cpu"))
    time.sleep(0.02)
    assert 0.02 <= meter.seconds < 10


@pytest.mark.parametrize("readable", [True, False])
def test_without_a_status_file_the_processs_own_maximum_counts(monkeypatch: pytest.MonkeyPatch, readable: bool) -> None:
    known = Meter(torch.device("cpu")).peak_memory

    def status(path: Path) -> str:
        if not readable:
            raise FileNotFoundError
        return "Name:\tpython\n"

    monkeypatch.setattr(Path, "read_text", status)
    assert Meter(torch.device("cpu")).peak_memory >= known // 2
