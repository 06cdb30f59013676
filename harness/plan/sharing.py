"""How a node is shared by launches side by side: equal shares, as large as the largest of its small phases needs."""

from collections.abc import Iterable
from dataclasses import replace

from harness.spec.cluster import Cluster


def divided(cluster: Cluster, needs: Iterable[int]) -> Cluster:
    """`cluster` with as many launches as its phases leave room for; `needs` are the accelerators of each.

    What needs more than a share takes the whole cluster. A cluster whose file says how many launches there are keeps
    them.
    """
    node = cluster.processes_per_node
    small = [need for need in needs if need < node and node % need == 0]
    if cluster.launches > 1 or cluster.nodes > 1 or not small:
        return cluster
    return replace(cluster, launches=node // max(small))
