"""Values into a parameter, whole or partitioned by ZeRO-3: each process reads its own part and gathers nothing."""

import deepspeed
import torch
import torch.distributed as dist
from deepspeed.runtime.zero.offload_config import OffloadDeviceEnum
from torch import Tensor, nn

from harness.worker.stored import Source


def shape_of(parameter: nn.Parameter) -> torch.Size:
    """The shape of the whole parameter."""
    shape: torch.Size = getattr(parameter, "ds_shape", parameter.shape)
    return shape


@torch.no_grad()
def put(source: Source, parameter: nn.Parameter) -> None:
    """Fill `parameter`, or this process's part of it; every process must call it.

    A tensor of a file is mapped into memory, so that only the part is read. DeepSpeed's own way, gathering, holds each
    parameter two or three times (`python -m benchmarks.loading`); it is left to what has further copies to fill.
    """
    part: Tensor | None = getattr(parameter, "ds_tensor", None)
    if part is None:
        parameter.copy_(source.read())
    elif _has_copies(parameter):
        with deepspeed.zero.GatheredParameters([parameter], modifier_rank=0):
            if dist.get_rank() == 0:
                parameter.copy_(source.read())
    else:
        begin = part.numel() * parameter.ds_zero_partition_rank  # type: ignore[attr-defined]
        own = source.read().reshape(-1)[begin : begin + part.numel()]  # the last process's part is padded
        part[: own.numel()].copy_(own)


def own_part(parameter: nn.Parameter) -> Tensor:
    """What this process holds of a parameter, as one row and without padding; empty where it lies on NVMe."""
    part: Tensor | None = getattr(parameter, "ds_tensor", None)
    if part is None:
        return parameter.detach().reshape(-1)
    if part.final_location is OffloadDeviceEnum.nvme:  # type: ignore[attr-defined]
        return part.new_empty(0)
    begin = part.numel() * parameter.ds_zero_partition_rank  # type: ignore[attr-defined]
    return part.reshape(-1)[: max(0, shape_of(parameter).numel() - begin)]


def _has_copies(parameter: nn.Parameter) -> bool:
    """Whether the part lies on NVMe, or ZeRO++ hpZ keeps a second one in each node."""
    second, part = parameter.ds_secondary_tensor, parameter.ds_tensor  # type: ignore[attr-defined]
    return second is not None or part.final_location is OffloadDeviceEnum.nvme
