"""How a cluster is shared by launches side by side: into equal shares, of which each phase has as many as it needs."""

from collections.abc import Iterable
from dataclasses import replace
from math import gcd

from harness.spec.cluster import Cluster


def divided(cluster: Cluster, needs: Iterable[int]) -> Cluster:
    """`cluster` with shares as small as its phases leave room for; `needs` are the accelerators of each.

    A cluster whose file says how many launches there are keeps them.
    """
    small = [need for need in needs if need < cluster.world_size and cluster.whole(need)]
    if cluster.launches > 1 or not small:
        return cluster
    return replace(cluster, launches=cluster.world_size // gcd(*small, cluster.world_size))


def shares_of(need: int, cluster: Cluster) -> int:
    """How many shares of a cluster that is divided a phase has that needs so many accelerators.

    They are a part of a node, whole nodes, or all.
    """
    shares = cluster.launches
    each = max(1, cluster.world_size // shares)
    fitting = (size for size in range(1, shares) if size * each >= need and cluster.whole(size * each))
    return next(fitting, shares)
