"""Claiming phases of a run folder: their leases are taken, so that nobody else runs them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from harness.files.atomic import write_json
from harness.files.lease import acquire, release
from harness.plan.dag import Plan
from harness.plan.groups import Group
from harness.run.store import State, States, exclusive, released, states
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, parents

Choose = Callable[[Plan], Sequence[Group]]


def claim(runs: Path, plan: Plan, owner: str, barred: Collection[str], choose: Choose) -> tuple[Group, ...]:
    """Take the leases of what `choose` picks among the phases that can be run now; returns the groups as taken.

    A phase can be run when each parent is done or can be run, too; those whose ids are `barred` are not.
    """
    with exclusive(runs):
        known = states(runs, plan)
        chosen = choose(_ready(known, barred))
        taken = [replace(group, phases=_taken(group.phases, known, owner)) for group in chosen]
    return tuple(group for group in taken if group.phases)


def _ready(known: States, barred: Collection[str]) -> Plan:
    usable = {key for key, state in known.items() if state.status == "done"}
    found = []
    for key, state in known.items():
        pending = state.status == "pending" and key not in barred
        if pending and usable.issuperset(map(identity, parents(state.phase))):
            usable.add(key)
            found.append(state.phase)
    return tuple(found)


def _taken(phases: Plan, known: States, owner: str) -> Plan:
    """Those of `phases` whose leases could be had, without those that are made from one that could not."""
    taken: list[AnyPhase] = []
    missing: set[str] = set()
    for phase in phases:
        key = identity(phase)
        if missing.isdisjoint(map(identity, parents(phase))) and _leased(known[key], owner):
            taken.append(phase)
        elif not _finished(known[key]):
            missing.add(key)
    return tuple(taken)


def _leased(state: State, owner: str) -> bool:
    """Take the lease of a pending phase; False where another owner has it, or finished since `state` was seen."""
    folder = state.folder
    write_json(folder.phase_file, state.phase)  # before the lease: who meets a lease can tell what it is for
    if not acquire(folder.lease_file, owner):
        return False
    if _finished(state):  # looked at under the lease: nobody finishes it now
        release(folder.lease_file, owner)
        return False
    return True


def _finished(state: State) -> bool:
    """Whether a phase that was pending is finished by now."""
    return state.folder.done and not (state.remade and released(state.folder))
