"""A sweep conducted on paper: phases last as long as they weigh, and nothing is launched."""

import heapq
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from harness.plan.dag import Plan
from harness.plan.groups import NONE, Limits, groups
from harness.plan.sweeps.study import Coordinates, Study
from harness.spec.identity import identity
from harness.spec.phase import parents


@dataclass(frozen=True)
class Machine:
    """Equal shares of a cluster; what each phase weighs and how many shares it has, by id."""

    shares: int
    weights: Mapping[str, int]
    limits: Limits = NONE


@dataclass(frozen=True)
class Course:
    """The end of each phase, in order: when it was, and its id."""

    ends: tuple[tuple[float, str], ...]
    machine: Machine

    @property
    def idle(self) -> float:
        """How much longer it took than with all shares at work all the time, as a part of that."""
        return self.ends[-1][0] * self.machine.shares / sum(self.machine.weights.values()) - 1

    def complete(self, study: Study, share: float) -> list[Coordinates]:
        """The points whose evaluations were all done after this share of all work."""
        left = share * sum(self.machine.weights.values())
        done: set[str] = set()
        for _, key in self.ends:
            left -= self.machine.weights[key]
            if left < 0:
                break
            done.add(key)
        return [point.at for point in study.points if point.leaves and done.issuperset(map(identity, point.leaves))]


def conducted(plan: Plan, machine: Machine) -> Course:
    """As the conductor does it: launches on the free shares, each working through its group."""
    free, claimed, done = set(range(machine.shares)), set[str](), set[str]()
    events: list[tuple[float, int, str, range]] = []
    ends: list[tuple[float, str]] = []
    now = 0.0
    while True:
        for group in groups(_ready(plan, done, claimed), machine.weights, machine.shares, free, machine.limits):
            free.difference_update(group.shares)
            at = now
            for phase in group.phases:
                key = identity(phase)
                claimed.add(key)
                at += machine.weights[key] / len(group.shares)
                freed = group.shares if phase is group.phases[-1] else range(0)
                heapq.heappush(events, (at, len(claimed), key, freed))
        if not events:
            return Course(tuple(ends), machine)
        freed = range(0)
        while events and not freed:
            now, _, key, freed = heapq.heappop(events)
            done.add(key)
            ends.append((now, key))
        free.update(freed)


def _ready(plan: Plan, done: Collection[str], claimed: Collection[str]) -> Plan:
    def found() -> Iterator[tuple[str, int]]:
        for place, phase in enumerate(plan):
            key = identity(phase)
            if key not in claimed and usable.issuperset(map(identity, parents(phase))):
                usable.add(key)
                yield key, place

    usable = set(done)
    return tuple(plan[place] for _, place in found())
