"""Which phases are launched next, side by side or on the whole cluster: pure reasoning over the phases ready to run."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from harness.plan.dag import Plan
from harness.spec.identity import identity
from harness.spec.phase import parents

Needs = Mapping[str, tuple[str, ...]]  # the parents of each ready phase that are ready, too; ids, parents first


@dataclass(frozen=True)
class Limits:
    """Ids of phases that run on the whole cluster, and of those that run on one share; the rest may have either."""

    large: Collection[str] = frozenset()
    small: Collection[str] = frozenset()


NONE = Limits()


@dataclass(frozen=True)
class Group:
    """Phases of one launch, parents first; `whole`: it takes the whole cluster, not one share of it."""

    phases: Plan
    whole: bool


def groups(ready: Plan, weights: Mapping[str, int], shares: int, free: int, limits: Limits = NONE) -> tuple[Group, ...]:
    """What to launch now that `free` of the cluster's `shares` are, at most one group a share.

    `ready` holds, in plan order, phases whose parents are done or in it; `weights` is each one's work by id, in any
    unit. While nothing is at work, the trunk comes first and alone: the phases that weigh, with everything made from
    them, more than one share of the work, if none of them is small. Next comes, alone as well, what is large, if all
    that it is made from is done or large: a launch has one world size. Otherwise phases that depend on each other stay
    together, and are dealt to the free shares so that these have about equal work; what is large waits.
    """
    needs = _needs(ready)
    if free == shares > 1:
        trunk = _trunk(needs, weights, shares)
        for alone in (trunk if trunk.isdisjoint(limits.small) else set(), _large(needs, limits)):
            if alone:
                return (Group(_in_order(alone, ready), whole=True),)
    if shares > 1:
        needs = _without(needs, limits.large)
    hands = _dealt(_components(needs), weights, free)
    return tuple(Group(_in_order(hand, ready), whole=False) for hand in hands if hand)


def _needs(ready: Plan) -> Needs:
    known = set(map(identity, ready))
    return {identity(phase): tuple(filter(known.__contains__, map(identity, parents(phase)))) for phase in ready}


def _trunk(needs: Needs, weights: Mapping[str, int], shares: int) -> set[str]:
    """Closed under parents, since these weigh at least as much."""
    below = {key: {key} for key in needs}
    for key in reversed(list(needs)):
        for parent in needs[key]:
            below[parent] |= below[key]
    total = _weight(needs, weights)
    return {key for key in needs if _weight(below[key], weights) * shares > total}


def _large(needs: Needs, limits: Limits) -> set[str]:
    """What is large, as far as it waits for nothing else."""
    found: set[str] = set()
    for key, above in needs.items():
        if key in limits.large and found.issuperset(above):
            found.add(key)
    return found


def _without(needs: Needs, chosen: Collection[str]) -> Needs:
    """What is left when those chosen, and all that is made from them, have to wait."""
    left: dict[str, tuple[str, ...]] = {}
    for key, above in needs.items():
        if key not in chosen and all(parent in left for parent in above):
            left[key] = above
    return left


def _components(needs: Needs) -> list[set[str]]:
    """The phases parted, in plan order, so that none has a parent in another part; two parents join theirs."""
    parts: list[set[str]] = []
    for key, above in needs.items():
        apart = [part for part in parts if part.isdisjoint(above)]
        joined = [part for part in parts if not part.isdisjoint(above)]
        parts = [*apart, {key}.union(*joined)]
    return parts


def _dealt(parts: Iterable[set[str]], weights: Mapping[str, int], hands: int) -> list[set[str]]:
    """Every part given to the lightest hand, the heaviest first: at most a third above the best dealing.

    The longest-processing-time rule: Graham 1969, "Bounds on multiprocessing timing anomalies". Where nothing
    weighs anything, the number of phases decides.
    """
    dealt: list[set[str]] = [set() for _ in range(hands)]

    def heft(keys: set[str]) -> tuple[int, int]:
        return _weight(keys, weights), len(keys)

    for part in sorted(parts, key=heft, reverse=True):
        min(dealt, key=heft).update(part)
    return dealt


def _weight(keys: Iterable[str], weights: Mapping[str, int]) -> int:
    return sum(weights[key] for key in keys)


def _in_order(chosen: set[str], ready: Plan) -> Plan:
    return tuple(phase for phase in ready if identity(phase) in chosen)
