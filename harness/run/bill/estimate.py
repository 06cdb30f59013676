"""What phases that have not been run will cost: from measured token statistics, or with every text a full window."""

from collections.abc import Hashable
from dataclasses import replace
from functools import cache
from math import inf

from harness.plan.costs.estimates import Estimate, of_evaluation, of_steps, of_training
from harness.plan.costs.set_costs import Known, full_windows
from harness.run.bill.rows import Rows
from harness.run.bill.token_statistics import Statistics, sets_of, unmeasured
from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, matched, origin
from harness.spec.recipe import Recipe
from harness.spec.record import Cost
from harness.spec.task import Data


def estimate(
    phase: AnyPhase, rows: Rows, statistics: Statistics = unmeasured, placement: Placement | None = None
) -> Estimate | None:
    """About what `phase` will cost; None where how much it reads is not known.

    Where nothing was measured most texts are shorter than the window and take less, and one that is cut to several
    windows takes more. Without a placement each global batch is one micro-batch.
    """
    match phase:
        case TrainTokenizer():
            return Estimate(Cost(), measured=True)
        case Train():
            return _training(phase, rows, statistics, placement)
        case Evaluate():
            return _evaluation(phase, rows, statistics, placement)


class Estimates:
    """The estimates of a plan, each made once for the phases that differ in what no cost depends on, such as seeds."""

    def __init__(self, rows: Rows, statistics: Statistics) -> None:
        self._rows, self._statistics = rows, statistics
        self._known: dict[Hashable, Estimate | None] = {}

    def of(self, phase: AnyPhase, placement: Placement) -> Estimate | None:
        """That of `phase` as it is placed."""
        key = (_alike(phase), placement)
        if key not in self._known:
            self._known[key] = estimate(phase, self._rows, self._statistics, placement)
        return self._known[key]


def model_flops(phase: AnyPhase, rows: Rows, statistics: Statistics = unmeasured) -> int | None:
    """About the model FLOPs of `phase`; None where how much it reads is not known."""
    found = estimate(phase, rows, statistics)
    return found.cost.model if found else None


def known_sets(phase: Train | Evaluate, rows: Rows, statistics: Statistics) -> list[Known]:
    """The sets that `phase` reads with the lengths of their texts."""
    return [_known(phase, data, rows, statistics) for data in sets_of(phase)]


def _alike(phase: AnyPhase) -> Hashable:
    """A phase as far as its cost depends on it: not on seeds, nor on how its model was trained before."""
    match phase:
        case Train(matches=None):
            return origin(phase), phase.data, _seedless(phase.recipe)
        case Evaluate():
            return origin(phase), phase.data, phase.window, phase.layer, phase.precision, phase.pool, phase.head
        case _:
            return phase


@cache
def _seedless(recipe: Recipe) -> Recipe:
    return replace(recipe, seed=0)


def _training(phase: Train, rows: Rows, statistics: Statistics, placement: Placement | None) -> Estimate | None:
    sets = [known for known in known_sets(phase, rows, statistics) if known.lengths.features]
    if not sets:
        raise HarnessError(f"{' + '.join(data.name for data in phase.data)}: no rows to train on; its file holds none")
    budget = budget_of(phase, rows, statistics)
    if budget is None:
        return None
    if all(known.counted for known in sets):
        return of_training(phase, sets, budget, placement)
    return None if phase.recipe.duration.unit == "epochs" else of_steps(phase, sets, budget, placement)


def budget_of(phase: Train, rows: Rows, statistics: Statistics) -> float | None:
    """The model FLOPs that a stage may spend, infinite where its duration says its steps; None where unknown."""
    if phase.recipe.duration.unit == "flops":
        return phase.recipe.duration.amount
    if phase.recipe.duration.unit != "match":
        return inf
    spent = [model_flops(stage, rows, statistics) for stage in matched(phase)]
    return None if None in spent else sum(count or 0 for count in spent)


def _evaluation(phase: Evaluate, rows: Rows, statistics: Statistics, placement: Placement | None) -> Estimate | None:
    """Every row of the data, and of the candidates that all languages share, whose own rows are queries then."""
    sets = known_sets(phase, rows, statistics)
    return of_evaluation(phase, sets, placement) if all(known.counted for known in sets) else None


def _known(phase: Train | Evaluate, data: Data, rows: Rows, statistics: Statistics) -> Known:
    """Where nothing was measured, as many full windows as there are rows; a row of unknown many where unknown."""
    if measured := statistics(phase, data):
        return Known(data, measured, measured=True)
    count = rows(data)
    pooled = isinstance(phase, Evaluate) and phase.pool is not None
    lengths = full_windows(data.format, 1 if count is None else count, phase.window, pooled)
    return Known(data, lengths, measured=False, counted=count is not None)
