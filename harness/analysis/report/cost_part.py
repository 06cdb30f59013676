"""The parts of the report on cost: FLOPs, hours, use of the accelerators, energy, money, and what was shared."""

from collections.abc import Iterator

from harness.analysis.answer import Answer
from harness.analysis.report.content import Aside, Block, Heading, Tabled, tabled
from harness.analysis.spending.budgets import budget_tables
from harness.analysis.spending.hours import Tariff, hours_table
from harness.analysis.spending.usage import usage_table
from harness.analysis.spending.utilisation import utilisation_table
from harness.analysis.tables.point_tables import point_costs_table, study_cost
from harness.analysis.tables.sharing_table import sharing_tables


def cost_blocks(answer: Answer, tariff: Tariff | None) -> Iterator[Block]:
    """What the study took."""
    yield Tabled(study_cost(answer), "cost")
    yield Tabled(hours_table(answer.hours, tariff), "hours")
    yield Tabled(usage_table(answer.usage), "usage")
    yield Tabled(utilisation_table(answer.utilisation), "utilisation")
    yield from tabled(budget_tables(answer.bought), "budgets")
    costs = Tabled(point_costs_table(answer), "point_costs")
    if costs.elsewhere is None:
        yield Aside(f"Model FLOPs of all {costs.rows} points", (costs,))
    else:
        yield costs
    yield Heading("What was shared")
    yield from tabled(sharing_tables(answer), "sharing")
