"""One launch: its process group, shared by the phases that it works through."""

import datetime
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import deepspeed
import torch
import torch.distributed as dist
from torch import Tensor

from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.worker.doing import Doing
from harness.worker.notice import Notice
from harness.worker.watchdog import Watchdog


@dataclass(frozen=True)
class Session:
    """One process among those of a launch."""

    rank: int
    world_size: int
    device: torch.device
    notice: Notice = field(default_factory=Notice, kw_only=True)
    doing: Doing = field(default_factory=Doing, kw_only=True)
    neighbours: int = field(default=1, kw_only=True)  # processes of the launch on this host, itself among them
    leads: bool = field(default=True, kw_only=True)  # whether it is the first of these

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def total(self, number: float) -> float:
        """The sum of `number` over all processes."""
        return self.totals([number])[0]

    def totals(self, numbers: Sequence[float]) -> list[float]:
        """The sum of each of `numbers`, as many everywhere, over all processes."""
        tensor = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor)
        return tensor.tolist()

    def highest(self, number: float) -> float:
        """The largest `number` of all processes."""
        tensor = torch.tensor(number, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor, dist.ReduceOp.MAX)
        return float(tensor)

    def agreed(self, value: Any) -> Any:
        """The first process's `value`, on all processes."""
        box = [value]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def gathered(self, values: Sequence[Any]) -> list[Any]:
        """The `values` of all processes, on the first; empty elsewhere."""
        parts: list[Any] | None = [None] * self.world_size if self.first else None
        dist.gather_object(list(values), parts, dst=0)
        return [value for part in parts or [] for value in part]

    def everyones(self, values: Sequence[Any]) -> list[Any]:
        """The `values` of all processes, on every one."""
        parts: list[Any] = [None] * self.world_size
        dist.all_gather_object(parts, list(values))
        return [value for part in parts for value in part]

    def summed(self, tensor: Tensor) -> Tensor:
        """The sum of `tensor`, of one shape everywhere, over all processes."""
        if self.world_size > 1:
            dist.all_reduce(tensor)
        return tensor

    def stacked(self, tensor: Tensor) -> Tensor:
        """[processes, ...]: the `tensor` of every process, of one shape everywhere, in their order."""
        if self.world_size == 1:
            return tensor[None]
        parts = [torch.empty_like(tensor) for _ in range(self.world_size)]
        dist.all_gather(parts, tensor.contiguous())
        return torch.stack(parts)

    def shared(self, tensor: Tensor, source: int) -> Tensor:
        """The `tensor` of the process `source`, in place of one of the same shape on every other."""
        if self.world_size > 1:
            dist.broadcast(tensor, src=source)
        return tensor


@contextmanager
def open_session(placement: Placement) -> Iterator[Session]:
    """Join the process group of this launch, and leave it at the end; raises HarnessError without an accelerator.

    After an error it is not left: NCCL would wait there for processes that wait for this one.
    """
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    device = _device(placement.accelerator, local_rank)
    backend = "gloo" if placement.accelerator == "cpu" else "nccl"
    # DeepSpeed's shared-memory collectives for CPU would be compiled first (half a minute); gloo serves as well here.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    timeout = datetime.timedelta(seconds=placement.collective_timeout_s)
    deepspeed.init_distributed(dist_backend=backend, timeout=timeout, verbose=False, auto_mpi_discovery=False)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    rank, world = dist.get_rank(), dist.get_world_size()
    session = Session(rank, world, device, neighbours=_neighbours(), leads=local_rank == 0)
    watchdog = Watchdog(session.doing, session.rank, session.world_size, placement.collective_timeout_s)
    with session.notice.heeded(), watchdog.at_work():
        yield session
    dist.destroy_process_group()


def _neighbours() -> int:
    """Processes on this host, as torchrun or the deepspeed launcher calls their number."""
    return int(os.environ.get("LOCAL_WORLD_SIZE") or os.environ.get("LOCAL_SIZE") or "1")


def _device(accelerator: str, local_rank: int) -> torch.device:
    if accelerator == "cpu":
        return torch.device("cpu")
    if local_rank >= (found := torch.cuda.device_count()):
        raise HarnessError(
            f"process {local_rank} of this host has no accelerator: torch {torch.__version__} finds {found}; see "
            "to the driver, or name a cluster with fewer processes_per_node or `accelerator: cpu`"
        )
    return torch.device("cuda", local_rank)
