"""The phases of a sweep on its cluster: where each one runs, and how many launches run side by side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from harness.plan.places.choice import Choice, choose
from harness.plan.sharing import divided, shares_of
from harness.run.study import Work
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Evaluate, parents, slug


def choice(work: Work, phase: AnyPhase, cluster: Cluster) -> Choice:
    """Where `phase` runs on `cluster`, or on all of a share of one; raises HarnessError that names the phase."""
    try:
        return choose(phase, cluster, work.strategies, work.study.sweep.strategy)
    except HarnessError as error:
        raise HarnessError(f"{work.study.sweep.name}: {slug(phase)}: {error}") from error


@dataclass(frozen=True)
class Places:
    """Where the phases of a sweep run: by id what was `chosen`, on the `cluster` as launches share it.

    `sizes` says by id how many of the cluster's `parts`, its equal shares, each takes. It is empty where nothing is
    known that would tell.
    """

    chosen: dict[str, Choice]
    cluster: Cluster
    sizes: dict[str, int]
    parts: int

    @property
    def at_once(self) -> int:
        """How many launches go on side by side at most."""
        return self.parts // min(self.sizes.values(), default=1)

    @property
    def shares(self) -> tuple[str, ...]:
        """What launches side by side have of the cluster, in words, the smallest first."""
        sizes = sorted(set(self.sizes.values()) or {1})
        return tuple(self.cluster.share(0, size).size for size in sizes if size < self.cluster.launches)


def whole(cluster: Cluster) -> Cluster:
    """A cluster, or a part of one, for a phase that has all of it."""
    return replace(cluster, accelerators_per_phase=cluster.world_size)


def places(work: Work) -> Places:
    """Where each phase will run: on as many shares of the cluster as it needs.

    Raises HarnessError, naming the phase, where one cannot be placed on what it would be launched on.
    """
    alone = {identity(phase): choice(work, phase, work.cluster) for phase in work.plan}
    if work.cluster.hardware is None and work.cluster.accelerators_per_phase is None:
        # What the whole cluster can make, an equal share of it can make, too.
        return Places(alone, work.cluster, {}, work.cluster.launches)
    needs = _needs(work, alone)
    cluster = divided(work.cluster, needs.values())
    shares = {need: shares_of(need, cluster) for need in set(needs.values())}
    sizes = {key: shares[need] for key, need in needs.items()}
    return Places(_again(work, alone, sizes, partial(cluster.share, 0)), cluster, sizes, cluster.launches)


def _needs(work: Work, alone: Mapping[str, Choice]) -> dict[str, int]:
    """Accelerators of each phase, by id: an evaluation has as many as what it reads, if it fits on these.

    Then it goes into the same launch. Its own choice would not know how few batches it has to share.
    """
    found: dict[str, int] = {}
    fitting: dict[tuple[int, int], bool] = {}
    for phase in work.plan:
        own = alone[identity(phase)]
        made = [found[identity(parent)] for parent in parents(phase)] if isinstance(phase, Evaluate) else []
        kind = id(own), max(made, default=own.accelerators)
        if kind not in fitting:
            fitting[kind] = kind[1] == own.accelerators or _fits(work, phase, work.cluster.part(kind[1]))
        found[identity(phase)] = kind[1] if fitting[kind] else own.accelerators
    return found


def _fits(work: Work, phase: AnyPhase, part: Cluster) -> bool:
    try:
        choice(work, phase, whole(part))
    except HarnessError:
        return False
    return True


def _again(
    work: Work, alone: Mapping[str, Choice], sizes: Mapping[str, int], part: Callable[[int], Cluster]
) -> dict[str, Choice]:
    """What is chosen on a `part` of the cluster of the size that each phase has."""
    # Each kind of phase is chosen for once; what is refused is told of the first.
    alike = {(id(alone[identity(phase)]), sizes[identity(phase)]): phase for phase in reversed(work.plan)}
    least = part(1).world_size
    chosen = {kind: _on(work, phase, alone[identity(phase)], (part(kind[1]), least)) for kind, phase in alike.items()}
    return {key: chosen[id(before), sizes[key]] for key, before in alone.items()}


def _on(work: Work, phase: AnyPhase, before: Choice, at: tuple[Cluster, int]) -> Choice:
    """The choice on all of a part of the cluster, of which the smallest has so many processes, with the reason."""
    part, least = at
    try:
        found = choice(work, phase, whole(part))
    except HarnessError as error:
        said = f"each of the cluster's {work.cluster.launches} launches has {part.size}"
        raise HarnessError(f"{error} ({said})") from error
    if found.accelerators == before.accelerators:
        return replace(found, reason=before.reason)
    given = work.cluster.launches > 1 and found.accelerators == least  # by the cluster's file
    follows = isinstance(phase, Evaluate) and not given
    return replace(
        found, reason="in one launch with what it reads" if follows else "a share of the cluster has as many"
    )
