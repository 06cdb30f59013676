"""Claiming phases of a run folder: their leases are taken, so that nobody else runs them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.files.atomic import write_json
from harness.files.lease import acquire, release
from harness.plan.dag import Plan
from harness.plan.groups import Group
from harness.run.conduct.mend import Say, made_good, undamaged
from harness.run.store import State, States, exclusive, reads, released, states
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, parents

Choose = Callable[[Plan], Sequence[Group]]


def claim(runs: Path, plan: Plan, owner: str, barred: Collection[str], choose: Choose, say: Say) -> tuple[Group, ...]:
    """Take the leases of what `choose` picks among the phases that can be run now; returns the groups as taken.

    A phase can be run when each parent is done or can be run, too; those whose ids are `barred` are not. What is
    damaged of a phase, or of what it reads, is kept aside; `say` is given a sentence for that.
    """
    with exclusive(runs):
        known = states(runs, plan)
        chosen = choose(_ready(known, barred))
        taking = _Taking(known, owner, say)
        taken = [replace(group, phases=taking.taken(group.phases)) for group in chosen]
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


@dataclass(frozen=True)
class _Taking:
    """Phases that stand as `known` on their way to `owner`."""

    known: States
    owner: str
    say: Say

    def taken(self, phases: Plan) -> Plan:
        """Those of `phases` whose leases could be had, without those that are made from one that could not."""
        taken: list[AnyPhase] = []
        missing: set[str] = set()
        for phase in phases:
            key = identity(phase)
            if missing.isdisjoint(map(identity, parents(phase))) and self._leased(self.known[key]):
                taken.append(phase)
            elif not _finished(self.known[key]):
                missing.add(key)
        return tuple(taken)

    def _leased(self, state: State) -> bool:
        """Take the lease of a pending phase; False where another owner has it, or finished since `state` was seen."""
        folder = state.folder
        sources = (self.known[key].folder for key in sorted(reads(state.phase)) if self.known[key].status == "done")
        whole = [undamaged(source, self.say) for source in sources]  # each: what is damaged is all done again
        if not all(whole):
            return False
        write_json(folder.phase_file, state.phase)  # before the lease: who meets a lease can tell what it is for
        if not acquire(folder.lease_file, self.owner):
            return False
        made_good(folder, state.damaged, self.say)
        if _finished(state):  # looked at under the lease: nobody finishes it now
            release(folder.lease_file, self.owner)
            return False
        return True


def _finished(state: State) -> bool:
    """Whether a phase that was pending is finished by now."""
    return state.folder.done and not (state.remade and released(state.folder))
