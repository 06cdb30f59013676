"""How fast this process's device multiplies matrices, moves memory and talks to its peers: the best of some tries."""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.distributed as dist

from harness.worker.session import Session

SIZES = {"cpu": (256, 512, 1024, 2048), "cuda": (2048, 4096, 8192, 16384)}  # of square matrices
NUMBERS = {"cpu": 1 << 25, "cuda": 1 << 28}  # fp32 numbers of a vector: larger than any cache
MESSAGE = 1 << 24  # fp32 numbers that are summed over all processes
TRIES, SECONDS = 5, 1.0  # at most so many tries of each, and no new one after so many seconds


class Memory(NamedTuple):
    """Bytes/s that are read and written."""

    copy: float
    triad: float


def matmul(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of the best size of a square matrix product, of those that do not take too long."""
    found = 0.0
    for size in SIZES[device.type]:
        a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        seconds = _seconds(partial(torch.mm, a, b), device)
        found = max(found, 2 * size**3 / seconds)
        if 8 * seconds > SECONDS:  # the next size has eight times the work
            break
    return found


def memory(device: torch.device) -> Memory:
    """Copying a vector, and STREAM's triad a = b + s c, which reads two vectors and writes one."""
    a, b, c = (torch.ones(NUMBERS[device.type], device=device) for _ in range(3))
    bytes_ = a.numel() * a.element_size()
    copy = _seconds(lambda: a.copy_(b), device)
    triad = _seconds(lambda: torch.add(b, c, alpha=3.0, out=a), device)
    return Memory(2 * bytes_ / copy, 3 * bytes_ / triad)


def all_reduce(session: Session) -> float | None:
    """Bytes/s that each process sends: a ring sends every byte 2 (n - 1) / n times. None for a process by itself."""
    if session.world_size == 1:
        return None
    message = torch.ones(MESSAGE, device=session.device)
    seconds = _seconds(lambda: dist.all_reduce(message), session.device, together=True)
    sent = 2 * (session.world_size - 1) / session.world_size * message.numel() * message.element_size()
    return sent / seconds


def to_device(device: torch.device) -> float | None:
    """Bytes/s from pinned memory of the host; None on cpu."""
    return _over_pcie(device, to=True) if device.type == "cuda" else None


def from_device(device: torch.device) -> float | None:
    """Bytes/s to pinned memory of the host; None on cpu."""
    return _over_pcie(device, to=False) if device.type == "cuda" else None


def _over_pcie(device: torch.device, to: bool) -> float:
    there = torch.ones(NUMBERS["cpu"], device=device)
    here = torch.ones(NUMBERS["cpu"]).pin_memory()
    target, source = (there, here) if to else (here, there)
    return here.numel() * here.element_size() / _seconds(lambda: target.copy_(source, non_blocking=True), device)


def _seconds(work: Callable[[], object], device: torch.device, together: bool = False) -> float:
    """The shortest time of `work` after it was warmed up; `together`: every process tries equally often."""
    _timed(work, device)
    began, found = time.perf_counter(), [_timed(work, device)]
    while len(found) < TRIES and (together or time.perf_counter() - began < SECONDS):
        found.append(_timed(work, device))
    return min(found)


def _timed(work: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    began = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - began


def _wait(device: torch.device) -> None:
    """Until the device has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
