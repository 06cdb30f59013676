"""Which phases are launched next, and on which shares of the cluster: pure reasoning over the phases ready to run."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from harness.plan.dag import Plan
from harness.spec.identity import identity
from harness.spec.phase import parents

Needs = Mapping[str, tuple[str, ...]]  # the parents of each ready phase that are ready, too; ids, parents first


@dataclass(frozen=True)
class Limits:
    """By id how many shares a phase has, where that is known; and which of the others must not have the whole cluster.

    Others have one share, or all of them.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    small: Collection[str] = frozenset()


NONE = Limits()
WORTH = 1.25  # how much earlier all must end for what another launch costs, which loads the network anew


@dataclass(frozen=True)
class Group:
    """Phases of one launch, parents first, and the neighbouring `shares` of the cluster that it takes."""

    phases: Plan
    shares: range


def groups(
    ready: Plan, weights: Mapping[str, int], shares: int, free: Collection[int], limits: Limits = NONE
) -> tuple[Group, ...]:
    """What to launch now on those of the cluster's `shares`, numbered from 0, that are `free`.

    `ready` holds, in plan order, phases whose parents are done or in it; `weights` is each one's work by id, in any
    unit. While nothing is at work, the trunk comes first and has all shares: the phases that weigh, with everything
    made from them, more than one share of the work, if none of them is limited. Otherwise the size comes first that the
    plan names first: a study cut short then has whole points. A launch has one size, so phases wait for parents of
    another size. Those that depend on each other stay together, unless all of them end much earlier when they wait for
    what they share and are dealt then. Those of one size are dealt to the free parts of the cluster so that these have
    about equal work, and done in the order of the plan.
    """
    needs = _needs(ready)
    trunk = _trunk(needs, weights, shares) if len(free) == shares > 1 else set()
    if trunk and trunk.isdisjoint({*limits.sizes, *limits.small}):
        return (Group(_in_order(trunk, ready), range(shares)),)
    found: list[Group] = []
    for size in dict.fromkeys(limits.sizes.get(key, 1) for key in needs):
        taken = {number for group in found for number in group.shares}
        parts = _parts(set(free) - taken, size, shares)
        own = _without_waiting(_of_size(size, needs, limits), weights, len(parts))
        hands = _dealt(_components(own), weights, len(parts))
        found += (Group(_in_order(hand, ready), part) for hand, part in zip(hands, parts, strict=True) if hand)
    return tuple(found)


def _needs(ready: Plan) -> Needs:
    known = set(map(identity, ready))
    return {identity(phase): tuple(filter(known.__contains__, map(identity, parents(phase)))) for phase in ready}


def _trunk(needs: Needs, weights: Mapping[str, int], shares: int) -> set[str]:
    """Closed under parents, since these weigh at least as much."""
    total = _weight(needs, weights)
    return {key for key, below in _below(needs).items() if _weight(below, weights) * shares > total}


def _waited_for(needs: Needs, weights: Mapping[str, int], hands: int) -> set[str]:
    """What more than one hand's work waits for, itself not counted; closed under parents as well."""
    total = _weight(needs, weights)
    return {key for key, below in _below(needs).items() if _weight(below - {key}, weights) * hands > total}


def _below(needs: Needs) -> dict[str, set[str]]:
    """Each phase with all that is made from it."""
    below = {key: {key} for key in needs}
    for key in reversed(list(needs)):
        for parent in needs[key]:
            below[parent] |= below[key]
    return below


def _of_size(size: int, needs: Needs, limits: Limits) -> Needs:
    """The phases that have so many shares, as far as they wait for nothing of another size."""
    found: dict[str, tuple[str, ...]] = {}
    for key, above in needs.items():
        if limits.sizes.get(key, 1) == size and all(parent in found for parent in above):
            found[key] = above
    return found


def _without_waiting(needs: Needs, weights: Mapping[str, int], hands: int) -> Needs:
    """The phases without those made from what many wait for, where it pays that they do, and are dealt afterwards."""
    trunk = _waited_for(needs, weights, hands) if hands > 1 else set()

    def longest(keys: Collection[str]) -> int:
        kept = {key: tuple(parent for parent in needs[key] if parent in keys) for key in needs if key in keys}
        return max((_weight(hand, weights) for hand in _dealt(_components(kept), weights, hands)), default=0)

    if not trunk or WORTH * (longest(trunk) + longest(needs.keys() - trunk)) > longest(needs):
        return needs
    found: dict[str, tuple[str, ...]] = {}
    for key, above in needs.items():
        if key in trunk or (trunk.isdisjoint(above) and found.keys() >= set(above)):
            found[key] = above
    return found


def _parts(free: Collection[int], size: int, shares: int) -> list[range]:
    """So many neighbouring shares each, all of them free, at places where parts of other sizes fit between them."""
    parts = (range(first, first + size) for first in range(0, shares, size))
    return [part for part in parts if all(number in free for number in part)]


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
    if not dealt:
        return []

    def heft(keys: set[str]) -> tuple[int, int]:
        return _weight(keys, weights), len(keys)

    for part in sorted(parts, key=heft, reverse=True):
        min(dealt, key=heft).update(part)
    return dealt


def _weight(keys: Iterable[str], weights: Mapping[str, int]) -> int:
    return sum(weights[key] for key in keys)


def _in_order(chosen: set[str], ready: Plan) -> Plan:
    return tuple(phase for phase in ready if identity(phase) in chosen)
