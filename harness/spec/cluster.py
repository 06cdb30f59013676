"""Where phases run: the cluster, and one phase's placement on it; never part of an identity."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from harness.spec.value import value

Accelerator = Literal["cpu", "cuda"]


@value
class Cluster:
    """The machines at hand; `token_budget` is in padded tokens per evaluation batch."""

    name: str
    accelerator: Accelerator = "cpu"
    nodes: PositiveInt = 1
    processes_per_node: PositiveInt = 2
    threads_per_process: PositiveInt = 1
    launcher: str = "torchrun"
    max_micro_batch: PositiveInt = 64
    token_budget: PositiveInt = 8192
    collective_timeout_s: PositiveInt = 600

    @property
    def world_size(self) -> int:
        """Processes that work on one phase."""
        return self.nodes * self.processes_per_node


@value
class Placement:
    """One phase's place: global batch = micro-batch x accumulation x world size, asserted when it is planned."""

    accelerator: Accelerator
    world_size: PositiveInt
    stage: Annotated[int, Field(ge=0, le=3)]
    strategy: str
    micro_batch: PositiveInt
    accumulation: PositiveInt
    token_budget: PositiveInt
    collective_timeout_s: PositiveInt
    data_folder: str | None = None
