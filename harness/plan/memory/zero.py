"""What a memory strategy says, with DeepSpeed 0.19.8's own values for what it leaves out; sizes in elements."""

from typing import Any, NamedTuple

Device = str | None


class Zero(NamedTuple):
    """`zero_optimization` made whole; `parameters` and `optimizer` are the devices that they are offloaded to."""

    stage: int
    reduce_bucket: int
    prefetch: int
    live: int
    reuse: int
    sub_group: int
    parameters: Device
    optimizer: Device
    optimizer_buffers: int
    parameter_buffers: int
    secondary: int
    quantised_weights: bool
    quantised_gradients: bool
    parameters_in_host: int


def zero(options: dict[str, Any]) -> Zero:
    """The options of a strategy as numbers."""
    said = options["zero_optimization"]
    parameters, optimizer = said.get("offload_param", {}), said.get("offload_optimizer", {})
    return Zero(
        stage=said["stage"],
        reduce_bucket=said.get("reduce_bucket_size", 500_000_000),
        prefetch=said.get("stage3_prefetch_bucket_size", 50_000_000),
        live=said.get("stage3_max_live_parameters", 10**9),
        reuse=said.get("stage3_max_reuse_distance", 10**9),
        sub_group=said.get("sub_group_size", 10**9),
        parameters=parameters.get("device"),
        optimizer=optimizer.get("device"),
        optimizer_buffers=optimizer.get("buffer_count", 4),
        parameter_buffers=parameters.get("buffer_count", 5) * parameters.get("buffer_size", 100_000_000),
        secondary=said.get("zero_hpz_partition_size", 1),
        quantised_weights=said.get("zero_quantized_weights", False),
        quantised_gradients=said.get("zero_quantized_gradients", False),
        parameters_in_host=parameters.get("max_in_cpu", 10**9),
    )
