"""What the points of a study cost: by role, standalone and marginal, and the tuning of learning-rate grids."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.analysis.values import Missing, Value
from harness.plan.dag import plan
from harness.plan.sweeps.study import Coordinates, PlannedPoint
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Evaluate, Train, lineage, slug, tokenizers
from harness.spec.record import Cost, Record

Role = Literal["pretrain", "intermediate", "target", "evaluation"]
ROLES: tuple[Role, ...] = ("pretrain", "intermediate", "target", "evaluation")

COST_NAMES = (*ROLES, "tuning", "standalone", "marginal")

RecordOf = Callable[[str], Record | None]
Phases = dict[str, AnyPhase]  # by id


@dataclass(frozen=True)
class PointCost:
    """The costs of one point; missing where a phase has no record yet.

    `roles` and their sum `standalone` count every phase of the point's lineages once; `marginal` counts those that no
    earlier point of the study uses, so marginal costs add up to what the study really spent. `tuning` is the
    intermediate cost of the other learning rates of the point's grid. `before_target` is what the curves have on
    their axis: model FLOPs of the intermediate phases before one target, the mean over targets.
    """

    roles: Mapping[Role, Cost | Missing]
    standalone: Cost | Missing
    marginal: Cost | Missing
    tuning: Cost | Missing
    before_target: Value

    @property
    def by_name(self) -> dict[str, Cost | Missing]:
        """Every cost by its name, in the order of COST_NAMES."""
        whole = {"tuning": self.tuning, "standalone": self.standalone, "marginal": self.marginal}
        return {**{str(role): cost for role, cost in self.roles.items()}, **whole}


def role(phase: AnyPhase) -> Role:
    """The role under which the cost of `phase` is booked; a tokenizer belongs to pretraining."""
    match phase:
        case Train():
            return phase.role
        case Evaluate():
            return "evaluation"
        case _:
            return "pretrain"


def total(phases: Iterable[AnyPhase], record_of: RecordOf) -> Cost | Missing:
    """The sum over distinct `phases`; missing, naming them, when some are not finished."""
    cost, unfinished = Cost(), []
    for key, phase in distinct(phases).items():
        record = record_of(key)
        if record is None:
            unfinished.append(f"{key}-{slug(phase)}")
        else:
            cost = cost + record.cost
    return Missing(f"not finished: {', '.join(unfinished)}") if unfinished else cost


def point_costs(points: Iterable[PlannedPoint], record_of: RecordOf) -> list[PointCost]:
    """The cost of each point, in the order of the study."""
    points = tuple(points)
    own = [own_phases(point) for point in points]
    grids: dict[Coordinates, Phases] = {}
    for point, phases in zip(points, own, strict=True):
        grids.setdefault(_grid(point.at), {}).update(_of_role(phases, "intermediate"))
    costs, seen = [], set[str]()
    for point, phases in zip(points, own, strict=True):
        siblings = grids[_grid(point.at)]
        costs.append(
            PointCost(
                roles={role: total(_of_role(phases, role).values(), record_of) for role in ROLES},
                standalone=total(phases.values(), record_of),
                marginal=total([phase for key, phase in phases.items() if key not in seen], record_of),
                tuning=total([phase for key, phase in siblings.items() if key not in phases], record_of),
                before_target=_before_target(point, record_of),
            )
        )
        seen |= phases.keys()
    return costs


def spent(points: Iterable[PlannedPoint], record_of: RecordOf) -> dict[Role, Cost | Missing]:
    """What the whole study spent by role: every distinct phase once."""
    phases = distinct(plan(leaf for point in points for leaf in point.evaluations))
    return {role: total(_of_role(phases, role).values(), record_of) for role in ROLES}


def model_flops(cost: Cost | Missing) -> Value:
    """The `model` FLOPs of a cost."""
    return cost if isinstance(cost, Missing) else float(cost.model)


def add(costs: Mapping[Any, Cost | Missing]) -> Cost | Missing:
    """The sum of named costs; missing, naming each gap, when one of them is."""
    gaps = [f"{name}: {cost.reason}" for name, cost in costs.items() if isinstance(cost, Missing)]
    known = [cost for cost in costs.values() if isinstance(cost, Cost)]
    return Missing("; ".join(gaps)) if gaps else sum(known, start=Cost())


def own_phases(point: PlannedPoint) -> Phases:
    """The phases of the point's lineages by id; what a control matches its FLOPs to is not among them."""
    phases: list[AnyPhase] = []
    for leaf in point.evaluations:
        phases += [*tokenizers(leaf), *lineage(leaf), leaf]
    return distinct(phases)


def distinct(phases: Iterable[AnyPhase]) -> Phases:
    """`phases` by id, once each."""
    return {identity(phase): phase for phase in phases}


def _of_role(phases: Phases, wanted: Role) -> Phases:
    return {key: phase for key, phase in phases.items() if role(phase) == wanted}


def _grid(at: Coordinates) -> Coordinates:
    return dataclasses.replace(at, learning_rate=None)


def _before_target(point: PlannedPoint, record_of: RecordOf) -> Value:
    flops = 0
    for leaf in point.leaves:
        cost = total([phase for phase in lineage(leaf) if phase.role == "intermediate"], record_of)
        if isinstance(cost, Missing):
            return cost
        flops += cost.model
    return flops / len(point.leaves) if point.leaves else Missing("no targets")
