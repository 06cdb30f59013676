"""The fewest phases that show every kind: some leaves, so that with all that they are made from no kind is missing."""

from collections.abc import Hashable, Mapping, Sequence

from harness.plan.dag import Plan
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, parents


def least(phases: Plan, kinds: Mapping[str, Hashable]) -> Plan:
    """Those of `phases` to run, with their parents, so that each of `kinds`, by id, occurs: few, if not the fewest.

    The greedy rule for set covers: again and again the one that shows most that is new for each phase that it adds
    (Johnson 1974, "Approximation algorithms for combinatorial problems"); what the others then show, too, is left out.
    """
    by_id = {identity(phase): phase for phase in phases}
    closures = _distinct(_closures(phases), kinds)
    missing, taken, done = set(kinds.values()), list[str](), set[str]()
    while missing:
        best = max(closures, key=lambda key: _worth(closures[key], kinds, missing, done))
        taken.append(best)
        done |= closures[best]
        missing -= {kinds[key] for key in closures[best]}
    return tuple(by_id[key] for key in _needed(taken, closures, kinds))


def _closures(phases: Sequence[AnyPhase]) -> dict[str, frozenset[str]]:
    """Each phase with everything that it is made from, by id."""
    found: dict[str, frozenset[str]] = {}
    for phase in phases:
        above = (found[identity(parent)] for parent in parents(phase))
        found[identity(phase)] = frozenset({identity(phase)}).union(*above)
    return found


def _distinct(closures: Mapping[str, frozenset[str]], kinds: Mapping[str, Hashable]) -> dict[str, frozenset[str]]:
    """One of all those that show the same with as many phases."""
    first: dict[Hashable, str] = {}
    for key, closure in closures.items():
        first.setdefault((frozenset(kinds[each] for each in closure), len(closure)), key)
    return {key: closures[key] for key in first.values()}


def _worth(
    closure: frozenset[str], kinds: Mapping[str, Hashable], missing: set[Hashable], done: set[str]
) -> tuple[float, int]:
    new = len(missing & {kinds[key] for key in closure})
    return new / max(1, len(closure - done)), new


def _needed(
    taken: Sequence[str], closures: Mapping[str, frozenset[str]], kinds: Mapping[str, Hashable]
) -> Sequence[str]:
    """Without those whose kinds the others show, too."""
    kept = list(taken)
    for key in taken:
        others = {kinds[each] for other in kept if other != key for each in closures[other]}
        if others.issuperset(kinds[each] for each in closures[key]):
            kept.remove(key)
    return kept
