"""From leaves to a plan: the distinct phases of a study, parents first; sharing needs no cache."""

from collections.abc import Iterable

from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, parents

Plan = tuple[AnyPhase, ...]


def plan(leaves: Iterable[AnyPhase]) -> Plan:
    """Every phase that `leaves` need, once each by identity, after all of its parents and else in order of need."""
    ordered: dict[str, AnyPhase] = {}

    def visit(phase: AnyPhase) -> None:
        key = identity(phase)
        if key not in ordered:
            for parent in parents(phase):
                visit(parent)
            ordered[key] = phase

    for leaf in leaves:
        visit(leaf)
    return tuple(ordered.values())


def uses(phases: Plan) -> dict[str, int]:
    """How many phases of the plan read each phase's outputs, by id."""
    counts = {identity(phase): 0 for phase in phases}
    for phase in phases:
        for parent in parents(phase):
            counts[identity(parent)] += 1
    return counts
