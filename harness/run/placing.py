"""The phases of a sweep on its cluster: where each one runs, and how many launches run side by side."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class Places:
    """Where the phases of a sweep run: by id what was `chosen`, on the `cluster` as launches share it.

    `needs` are the accelerators of each, by id; none where nothing is known that would tell. Up to `at_once` launches
    go on side by side; on several nodes by division, since none are launched on those yet.
    """

    chosen: dict[str, Choice]
    cluster: Cluster
    needs: dict[str, int]
    at_once: int


def whole(cluster: Cluster) -> Cluster:
    """A cluster, or a share of one, for a phase that has all of it."""
    return replace(cluster, accelerators_per_phase=cluster.world_size)


def places(work: Work) -> Places:
    """Where each phase will run: on a share of its node, or on all of it where a share is too small.

    Raises HarnessError, naming the phase, where one cannot be placed on what it would be launched on.
    """
    alone = {identity(phase): choice(work, phase, work.cluster) for phase in work.plan}
    if work.cluster.hardware is None and work.cluster.accelerators_per_phase is None:
        # What the whole cluster can make, an equal share of it can make, too.
        return Places(alone, work.cluster, {}, work.cluster.launches)
    found = {key: chosen.accelerators for key, chosen in alone.items()}
    cluster = divided(work.cluster, found.values())
    if cluster.nodes > 1:
        return Places(alone, cluster, found, _by_division(cluster, found.values()))
    share = cluster.share(0)
    part, every = whole(share), whole(cluster)
    # Each kind of phase was chosen for once; what is refused is told of the first.
    alike = {id(alone[identity(phase)]): phase for phase in reversed(work.plan)}
    again = {
        kind: choice(work, phase, part if found[identity(phase)] <= share.world_size else every)
        for kind, phase in alike.items()
    }
    chosen = {key: again[id(before)] for key, before in alone.items()}
    return Places(chosen, cluster, found, cluster.launches)


def _by_division(cluster: Cluster, needs: Iterable[int]) -> int:
    largest = max((need for need in needs if need < cluster.world_size), default=cluster.world_size)
    return cluster.world_size // largest
