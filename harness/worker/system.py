"""What a phase's host does meanwhile, sampled by a thread of the first process on it: use, memory, power and energy."""

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Protocol

import psutil
import torch

from harness.worker.nvml import Devices, Reading
from harness.worker.work import Work

PERIOD = 10.0  # seconds between two samples; there is one at the start and one at the end, too
PATIENCE = 5.0  # seconds for the last one: a driver may hang

Tell = Callable[[dict[str, Any]], None]


class Readable(Protocol):
    """Devices as the sampler needs them."""

    def read(self) -> Reading:
        """What they tell now."""
        ...


class Sampler:
    """Samples in a thread of its own until it is stopped; what it meets ends it alone, and is said once.

    It draws no random numbers and touches no tensor, so it changes no result.
    """

    def __init__(self, tell: Tell, devices: Readable, period: float = PERIOD) -> None:
        """`tell` is given what is known each time; a name whose value is not known is left out."""
        self._tell, self._devices, self._period = tell, devices, period
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="system", daemon=True)
        self._readings: list[tuple[float, Reading]] = []  # by the monotonic clock
        self._whole = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take the last sample, and wait for it."""
        self._stop.set()
        self._thread.join(PATIENCE)

    @property
    def joules(self) -> float:
        """What the devices of this host used from the first sample to the last; NaN where that is not known.

        By their own counters, else the power between samples by the trapezoidal rule.
        """
        if not self._whole:
            return math.nan
        (_, first), *_, (_, last) = self._readings
        if first.joules is not None and last.joules is not None:
            return last.joules - first.joules
        total = 0.0
        for (began, before), (ended, after) in pairwise(self._readings):
            if before.watts is None or after.watts is None:
                return math.nan
            total += (ended - began) * (before.watts + after.watts) / 2
        return total

    def _work(self) -> None:
        try:
            psutil.cpu_percent()  # since then the next call counts
            self._sample(first=True)
            while not self._stop.wait(self._period):
                self._sample()
            self._sample()
            self._whole = True
        except Exception as error:
            _give_up(error)

    def _sample(self, first: bool = False) -> None:
        reading = self._devices.read()
        self._readings.append((time.monotonic(), reading))
        known = {
            "cpu_percent": None if first else psutil.cpu_percent(),
            "memory_bytes": psutil.virtual_memory().used,
            "process_memory_bytes": self._process.memory_info().rss,
            "accelerator_percent": reading.percent,
            "accelerator_memory_bytes": reading.memory_bytes,
            "accelerator_watts": reading.watts,
        }
        self._tell({name: number for name, number in known.items() if number is not None})


@contextmanager
def sampled(work: Work) -> Iterator[Callable[[], float]]:
    """Sample this host while the block works; gives a function of the joules so far, to be asked after the block.

    The journal has the samples of the first process's host. A process that is not the first of its host does nothing,
    and its joules are 0.0.
    """
    if not work.session.leads:
        yield lambda: 0.0
        return
    sampler = _begun(work)
    try:
        yield lambda: sampler.joules if sampler else math.nan
    finally:
        if sampler:
            sampler.stop()


def _begun(work: Work) -> Sampler | None:
    """A sampler at work; None, and a notice, where there can be none, such as a host with too many threads."""
    try:
        sampler = Sampler(lambda told: work.tell("system", step=work.step, **told), devices_of(work))
        sampler.start()
    except Exception as error:
        _give_up(error)
        return None
    return sampler


def _give_up(error: Exception) -> None:
    told = f"no more samples of this host in this phase: {type(error).__name__}: {error}"
    print(f"harness: notice: {told}", file=sys.stderr, flush=True)


def devices_of(work: Work) -> Devices:
    """The devices of the launch on this host: process n there has device n."""
    if work.session.device.type != "cuda":
        return Devices(())
    found = (torch.cuda.get_device_properties(index) for index in range(work.session.neighbours))
    return Devices([f"GPU-{properties.uuid}" for properties in found])
