"""What the FLOP budgets of a sweep buy before it is run, and whether each pays for a step at all."""

from collections.abc import Iterable

from harness.analysis.spending.budgets import stages
from harness.plan.costs.budget import Bought, check_budget
from harness.plan.sweeps.study import Study
from harness.run.bill.estimate import estimate, known_sets
from harness.run.bill.rows import Rows
from harness.run.bill.token_statistics import Statistics
from harness.spec.errors import HarnessError
from harness.spec.phase import AnyPhase, Train, slug


def check_budgets(phases: Iterable[AnyPhase], rows: Rows, statistics: Statistics) -> None:
    """Raise HarnessError, naming the phase, for a FLOP budget that is sure to be below one step."""
    for phase in phases:
        if isinstance(phase, Train) and phase.recipe.duration.unit == "flops":
            try:
                check_budget(phase, known_sets(phase, rows, statistics))
            except HarnessError as error:
                raise HarnessError(f"{slug(phase)}: {error}") from error


def budgets(study: Study, rows: Rows, statistics: Statistics) -> tuple[Bought, ...]:
    """What each budget of `study` will buy, about; seeds and rates differ in nothing here."""
    found = {key: estimate(stage, rows, statistics) for key, stage in dict(stages(study)).items()}
    return tuple(
        Bought(*key, about.cost.model, about.cost.steps, about.cost.examples, about.unique)
        for key, about in found.items()
        if about
    )
