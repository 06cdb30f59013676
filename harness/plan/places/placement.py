"""A phase's placement on a cluster or a part of one: its micro-batch and accumulation, and what speaks for it."""

from dataclasses import dataclass, replace
from typing import Any

from harness.plan.costs.duration import micro_batching
from harness.plan.memory.peak import Memory
from harness.spec.cluster import Cluster, Placement
from harness.spec.phase import AnyPhase, Train


@dataclass(frozen=True)
class Choice:
    """Where a phase runs, under which strategy with which DeepSpeed options, what memory it takes, and why so.

    `how` says in words what it is and how full, `reason` why it is not elsewhere.
    """

    strategy: str
    options: dict[str, Any]
    placement: Placement
    accelerators: int
    memory: Memory
    how: str = ""
    reason: str = ""

    @property
    def why(self) -> str:
        """One sentence of both."""
        return f"{self.how}; {self.reason}" if self.how else self.reason

    @property
    def gathers(self) -> bool:
        """Whether its layers are gathered from other processes as they are needed."""
        return self.placement.stage == 3 and self.accelerators > 1


@dataclass(frozen=True)
class Setting:
    """A strategy by name with its options, made concrete for one phase on the cluster that it has to itself."""

    strategy: str
    options: dict[str, Any]
    cluster: Cluster
    checkpointing: bool = False


def place(
    phase: AnyPhase, cluster: Cluster, strategy: str, options: dict[str, Any], data_folder: str | None = None
) -> Placement:
    """The placement of `phase` under the memory strategy called `strategy` with its `options`.

    Raises HarnessError for a batch size that the cluster's processes cannot make.
    """
    micro, accumulation = micro_batching(phase.recipe.batch_size, cluster) if isinstance(phase, Train) else (1, 1)
    if isinstance(phase, Train):
        assert micro * accumulation * cluster.world_size == phase.recipe.batch_size
    return Placement(
        accelerator=cluster.accelerator,
        world_size=cluster.world_size,
        stage=options["zero_optimization"]["stage"],
        strategy=strategy,
        micro_batch=micro,
        accumulation=accumulation,
        token_budget=cluster.token_budget,
        collective_timeout_s=cluster.collective_timeout_s,
        data_folder=data_folder,
        checkpoint_interval_s=cluster.checkpoint_interval_s,
        seconds_between_failures=cluster.node_hours_between_failures * 3600 / cluster.nodes,
    )


def placed(phase: AnyPhase, setting: Setting) -> Placement:
    """The placement of `phase` in a setting, with the fewest micro-batches."""
    found = place(phase, setting.cluster, setting.strategy, setting.options)
    return replace(found, checkpointing=setting.checkpointing)


def cut(placement: Placement, micro_batch: int) -> Placement:
    """The same global batch in smaller micro-batches."""
    share = placement.micro_batch * placement.accumulation
    assert share % micro_batch == 0
    return replace(placement, micro_batch=micro_batch, accumulation=share // micro_batch)
