"""The phases of a sweep on its cluster: where each one runs, and how many launches run side by side."""

from dataclasses import replace

from harness.plan.choice import Choice, choose
from harness.plan.sharing import divided
from harness.run.study import Work
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, slug


def choice(work: Work, phase: AnyPhase, cluster: Cluster) -> Choice:
    """Where `phase` runs on `cluster`, or on all of a share of one; raises HarnessError that names the phase."""
    try:
        return choose(phase, cluster, work.strategies, work.study.sweep.strategy)
    except HarnessError as error:
        raise HarnessError(f"{work.study.sweep.name}: {slug(phase)}: {error}") from error


def shared(work: Work) -> Cluster:
    """The cluster with as many launches side by side as its phases leave room for."""
    return divided(work.cluster, needs(work).values())


def needs(work: Work) -> dict[str, int]:
    """How many accelerators each phase needs, by id; none where nothing is known that would tell."""
    if work.cluster.hardware is None and work.cluster.accelerators_per_phase is None:
        return {}
    return {identity(phase): choice(work, phase, work.cluster).accelerators for phase in work.plan}


def whole(cluster: Cluster) -> Cluster:
    """A cluster, or a share of one, for a phase that has all of it."""
    return replace(cluster, accelerators_per_phase=cluster.world_size)


def places(work: Work) -> dict[str, Choice]:
    """Where each phase will run, by id: on a share of its node, or on all of it where a share is too small.

    Raises HarnessError, naming the phase, where one cannot be placed on what it would be launched on.
    """
    found, cluster = needs(work), shared(work)
    if not found or cluster.nodes > 1:
        # Where nothing is known, what the whole cluster can make, an equal share of it can make, too.
        return {identity(phase): choice(work, phase, cluster) for phase in work.plan}
    share = cluster.share(0)
    on = {key: whole(share if need <= share.world_size else cluster) for key, need in found.items()}
    return {identity(phase): choice(work, phase, on[identity(phase)]) for phase in work.plan}


def at_once(work: Work) -> int:
    """How many launches can go on side by side; on several nodes by division, since none are launched on those yet."""
    if work.cluster.nodes == 1:
        return shared(work).launches
    largest = max((need for need in needs(work).values() if need < work.cluster.world_size), default=0)
    return max(1, work.cluster.world_size // largest) if largest else 1
