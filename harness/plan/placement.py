"""Place a phase on a cluster: which ZeRO stage, micro-batch and accumulation make its global batch."""

from typing import Any

from harness.plan.duration import micro_batching
from harness.spec.cluster import Cluster, Placement
from harness.spec.phase import AnyPhase, Train


def place(
    phase: AnyPhase, cluster: Cluster, strategy: str, options: dict[str, Any], data_folder: str | None
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
    )
