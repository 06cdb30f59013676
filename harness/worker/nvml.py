"""NVIDIA's management library, which comes with the driver: use, memory, power and energy of the devices of a host."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

LIBRARY = "libnvidia-ml.so.1"


@dataclass(frozen=True)
class Reading:
    """Several devices at one moment: mean use in percent, and sums of bytes, watts and joules since the driver began.

    None is what one of them does not tell: a sum over the others would be too small.
    """

    percent: float | None = None
    memory_bytes: int | None = None
    watts: float | None = None
    joules: float | None = None


class Devices:
    """Devices by their UUID; without a library, or where it does not know one of them, they tell nothing.

    No CUDA context is made: one would take memory of every device.
    """

    def __init__(self, uuids: Sequence[str], library: Any = None) -> None:
        """Look for the devices; `library` is NVML itself, or what plays it."""
        self._handles: list[ctypes.c_void_p] = []
        self._library = library
        try:
            if uuids and library is None:
                self._library = ctypes.CDLL(LIBRARY)
            if uuids and self._library.nvmlInit_v2() == 0:
                found = [self._handle(uuid) for uuid in uuids]
                self._handles = [handle for handle in found if handle is not None] if None not in found else []
        except (OSError, AttributeError):  # no such library, or one older than the function
            self._handles = []

    def read(self) -> Reading:
        """What they tell now."""
        uses = [self._asked("nvmlDeviceGetUtilizationRates", handle, _Use()) for handle in self._handles]
        memories = [self._asked("nvmlDeviceGetMemoryInfo", handle, _Memory()) for handle in self._handles]
        powers = [self._asked("nvmlDeviceGetPowerUsage", handle, ctypes.c_uint()) for handle in self._handles]
        energies = [
            self._asked("nvmlDeviceGetTotalEnergyConsumption", handle, ctypes.c_ulonglong()) for handle in self._handles
        ]
        percents = _total(uses, lambda use: use.device)
        return Reading(
            None if percents is None else percents / len(uses),
            _total(memories, lambda memory: memory.used),
            _thousandth(_total(powers, lambda power: power.value)),
            _thousandth(_total(energies, lambda energy: energy.value)),
        )

    def _handle(self, uuid: str) -> ctypes.c_void_p | None:
        handle = ctypes.c_void_p()
        status = self._library.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(handle))
        return handle if status == 0 else None

    def _asked(self, function: str, handle: ctypes.c_void_p, answer: Any) -> Any:
        """The answer filled in, or None where the device has none."""
        try:
            return answer if getattr(self._library, function)(handle, ctypes.byref(answer)) == 0 else None
        except AttributeError:
            return None


class _Use(ctypes.Structure):
    """nvmlUtilization_t: percent of the time in which a kernel ran, and in which memory was read or written."""

    _fields_ = (("device", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    """nvmlMemory_t, in bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _total(answers: Sequence[Any], number: Callable[[Any], int]) -> int | None:
    if not answers or any(answer is None for answer in answers):
        return None
    return sum(number(answer) for answer in answers)


def _thousandth(number: int | None) -> float | None:
    """Milliwatts as watts, millijoules as joules."""
    return None if number is None else number / 1000
