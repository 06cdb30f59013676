"""Processes as threads of one test: sessions whose collectives meet at a barrier."""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any, TypeVar

import torch
from torch import Tensor

from harness.worker.session import Session

T = TypeVar("T")
SECONDS = 20  # that one waits for the others, before it is an error


class Exchange:
    """Where the processes of one launch put what they send."""

    def __init__(self, world_size: int) -> None:
        self._barrier = Barrier(world_size, timeout=SECONDS)
        self._sent: list[Any] = [None] * world_size

    def all_of(self, rank: int, value: T) -> list[T]:
        self._sent[rank] = value
        self._barrier.wait()
        found = [copy.deepcopy(sent) for sent in self._sent]
        self._barrier.wait()
        return found


@dataclass(frozen=True)
class Threaded(Session):
    """A session whose peers are threads."""

    exchange: Exchange

    def agreed(self, value: Any) -> Any:
        return self.exchange.all_of(self.rank, value)[0]

    def gathered(self, values: Sequence[Any]) -> list[Any]:
        parts = self.exchange.all_of(self.rank, list(values))
        return [value for part in parts for value in part] if self.first else []

    def summed(self, tensor: Tensor) -> Tensor:
        return torch.stack(self.exchange.all_of(self.rank, tensor)).sum(0)

    def stacked(self, tensor: Tensor) -> Tensor:
        return torch.stack(self.exchange.all_of(self.rank, tensor))

    def shared(self, tensor: Tensor, source: int) -> Tensor:
        found = self.exchange.all_of(self.rank, tensor)
        assert all(other.shape == tensor.shape and other.dtype == tensor.dtype for other in found)
        return found[source]


def on_processes(world_size: int, work: Callable[[Session], T]) -> list[T]:
    """What `work` gives on each of `world_size` processes."""
    exchange = Exchange(world_size)
    sessions = [Threaded(rank, world_size, torch.device("cpu"), exchange) for rank in range(world_size)]
    with ThreadPoolExecutor(world_size) as pool:
        return list(pool.map(work, sessions))
