"""How a node is shared by launches side by side: into equal shares, of which each phase has as many as it needs."""

from collections.abc import Iterable
from dataclasses import replace
from math import gcd

from harness.spec.cluster import Cluster


def divided(cluster: Cluster, needs: Iterable[int]) -> Cluster:
    """`cluster` with shares as small as its phases leave room for; `needs` are the accelerators of each.

    A cluster whose file says how many launches there are keeps them.
    """
    node = cluster.processes_per_node
    small = [need for need in needs if need < node and node % need == 0]
    if cluster.launches > 1 or cluster.nodes > 1 or not small:
        return cluster
    return replace(cluster, launches=node // gcd(*small))


def shares_of(need: int, cluster: Cluster) -> int:
    """How many shares of a node that is divided a phase has that needs so many accelerators: a part of all, or all."""
    shares = cluster.launches
    fitting = (size for size in range(1, shares) if shares % size == 0 and cluster.share(0, size).world_size >= need)
    return next(fitting, shares)
