"""What a memory strategy may say: how ZeRO uses memory; what depends on the machines, their cluster says."""

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from harness.spec.load import dump
from harness.spec.value import value

QUANTISED = ("zero_quantized_weights", "zero_quantized_gradients")  # ZeRO++ qwZ and qgZ


@value
class OffloadOptimizer:
    """Optimizer states outside the accelerator, all of them: DeepSpeed offloads a part of its own Adam's alone.

    NVMe is read for the next part (`pipeline_read`) and written for the last one while one is computed.
    """

    device: Literal["cpu", "nvme"]
    pin_memory: bool | None = None
    buffer_count: PositiveInt | None = None
    pipeline_read: bool | None = None
    pipeline_write: bool | None = None


@value
class OffloadParam:
    """Parameters outside the accelerator; `buffer_size` and `max_in_cpu` in elements."""

    device: Literal["cpu", "nvme"]
    pin_memory: bool | None = None
    buffer_count: PositiveInt | None = None
    buffer_size: PositiveInt | None = None
    max_in_cpu: NonNegativeInt | None = None


@value
class ZeroOptimization:
    """DeepSpeed's `zero_optimization`; sizes in elements, what is None is DeepSpeed's own.

    `zero_hpz_partition_size` is a number of processes, or `node` for all of a phase on one node. What is quantised
    changes numbers, so that a recipe must allow it (`communication: quantised`).
    """

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
    zero_hpz_partition_size: PositiveInt | Literal["node"] | None = None
    zero_quantized_weights: bool | None = None
    zero_quantized_gradients: bool | None = None

    @model_validator(mode="after")
    def _check(self) -> "ZeroOptimization":
        if self.offload_optimizer and self.stage == 0:
            raise ValueError("offload_optimizer needs ZeRO stage 1, 2 or 3; stage 0 keeps all states in place")
        if self.offload_param and self.stage != 3:
            raise ValueError(f"offload_param needs ZeRO stage 3; stage {self.stage} keeps all parameters in place")
        if self.offload_optimizer and self.offload_optimizer.device == "nvme" and self.stage != 3:
            raise ValueError(f"offload_optimizer on nvme needs ZeRO stage 3, not {self.stage}")
        for key in ("zero_hpz_partition_size", *QUANTISED):
            if getattr(self, key) and self.stage != 3:
                raise ValueError(f"{key} needs ZeRO stage 3, not {self.stage}: ZeRO++ is about gathered parameters")
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
