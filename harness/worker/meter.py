"""Time and memory of one phase in one process, measured from where the phase starts."""

import resource
import time
from contextlib import suppress
from pathlib import Path

import torch

RESET_PEAK = "5"  # to /proc/self/clear_refs: the resident set's high-water mark becomes its present size (proc(5))


class Meter:
    """A stopwatch and a high-water mark; both start when it is made.

    Processes work through several phases, so a mark that cannot be set back (a kernel without clear_refs) is that of
    all phases so far.
    """

    def __init__(self, device: torch.device) -> None:
        """Start measuring a process that works on `device`."""
        self._device = device
        self._began = time.monotonic()
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        else:
            with suppress(OSError):
                Path("/proc/self/clear_refs").write_text(RESET_PEAK)

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._began

    @property
    def peak_memory(self) -> int:
        """Bytes: allocated on the device on cuda, else the resident set of this process."""
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device)
        return resident_peak()


def resident_peak() -> int:
    """Bytes: the highest resident set of this process since a meter set the mark back."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # KiB on Linux
