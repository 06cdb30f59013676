"""What a memory strategy may say: how ZeRO uses memory, and nothing that changes a number."""

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from harness.spec.load import dump
from harness.spec.value import value


@value
class OffloadOptimizer:
    """Optimizer states outside the accelerator; `ratio` is the share of them."""

    device: Literal["cpu", "nvme"]
    pin_memory: bool | None = None
    nvme_path: str | None = None
    buffer_count: PositiveInt | None = None
    ratio: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    @model_validator(mode="after")
    def _check(self) -> "OffloadOptimizer":
        _check_path("offload_optimizer", self.device, self.nvme_path)
        return self


@value
class OffloadParam:
    """Parameters outside the accelerator; `buffer_size` and `max_in_cpu` in elements."""

    device: Literal["cpu", "nvme"]
    pin_memory: bool | None = None
    nvme_path: str | None = None
    buffer_count: PositiveInt | None = None
    buffer_size: PositiveInt | None = None
    max_in_cpu: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _check(self) -> "OffloadParam":
        _check_path("offload_param", self.device, self.nvme_path)
        return self


@value
class ZeroOptimization:
    """DeepSpeed's `zero_optimization` without what is quantised; sizes in elements, what is None is DeepSpeed's own."""

    stage: Annotated[int, Field(ge=0, le=3)]
    overlap_comm: bool | None = None
    contiguous_gradients: bool | None = None
    round_robin_gradients: bool | None = None
    allgather_partitions: bool | None = None
    reduce_scatter: bool | None = None
    allgather_bucket_size: PositiveInt | None = None
    reduce_bucket_size: PositiveInt | None = None
    sub_group_size: PositiveInt | None = None
    stage3_prefetch_bucket_size: NonNegativeInt | None = None
    stage3_param_persistence_threshold: NonNegativeInt | None = None
    stage3_model_persistence_threshold: NonNegativeInt | None = None
    stage3_max_live_parameters: NonNegativeInt | None = None
    stage3_max_reuse_distance: NonNegativeInt | None = None
    offload_optimizer: OffloadOptimizer | None = None
    offload_param: OffloadParam | None = None

    @model_validator(mode="after")
    def _check(self) -> "ZeroOptimization":
        if self.offload_optimizer and self.stage == 0:
            raise ValueError("offload_optimizer needs ZeRO stage 1, 2 or 3; stage 0 keeps all states in place")
        if self.offload_param and self.stage != 3:
            raise ValueError(f"offload_param needs ZeRO stage 3; stage {self.stage} keeps all parameters in place")
        if self.offload_optimizer and self.offload_optimizer.ratio not in (None, 1.0) and self.stage != 3:
            raise ValueError(f"offload_optimizer.ratio below 1 needs ZeRO stage 3, not {self.stage}")
        return self


@value
class Aio:
    """How NVMe is read and written."""

    block_size: PositiveInt | None = None
    queue_depth: PositiveInt | None = None
    intra_op_parallelism: PositiveInt | None = None
    single_submit: bool | None = None
    overlap_events: bool | None = None


@value
class Strategy:
    """One file of ds_configs/."""

    zero_optimization: ZeroOptimization
    aio: Aio | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The plain data of a DeepSpeed configuration: what is said, and no more."""
        return _said(dump(self))


def _said(options: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _said(option) if isinstance(option, dict) else option
        for key, option in options.items()
        if option is not None
    }


def _check_path(key: str, device: str, path: str | None) -> None:
    if (device == "nvme") != (path is not None):
        raise ValueError(f"{key}: give nvme_path for `device: nvme`, and only there")
