"""The tables of an answer by point: scores and gains, verdicts on the curves, costs."""

from collections.abc import Mapping

from harness.analysis.answer import Answer
from harness.analysis.costs import ROLES, add
from harness.analysis.curves import MEASURE_NAMES, MEASURES
from harness.analysis.table import Row, Table, number, scientific, signed
from harness.analysis.values import Missing, Value
from harness.spec.record import Cost


def points_table(answer: Answer) -> Table:
    """One row per point: its score, its gains by resource level, its intermediate FLOPs."""
    gains = {gain.at: gain.aggregates for gain in answer.gains}
    measures = [m for m in MEASURES if any(m in aggregates for aggregates in gains.values())]
    rows = []
    for point in answer.points:
        own: Mapping[str, Value] = gains.get(point.at, {})
        gained = [signed(own[measure]) if measure in own else "" for measure in measures]
        flops = scientific(point.cost.before_target)
        rows.append((point.at.label, number(point.aggregates["score"]), *gained, flops, point.status))
    columns = ("point", "score", *(f"gain {MEASURE_NAMES[m]}" for m in measures), "FLOPs", "status")
    return Table(
        "Points: mean score in percent, gain in points, model FLOPs of the intermediate stages", columns, (tuple(rows),)
    )


def verdicts(answer: Answer) -> Table:
    """One row per curve: what a tenfold of compute buys."""
    several = len({curve.series.model for curve in answer.curves}) > 1
    rows = []
    for curve in answer.curves:
        name = f"{curve.series.model} · {curve.series.label}" if several else curve.series.label
        rows.append((name, MEASURE_NAMES[curve.measure], curve.verdict))
    return Table("Gain against intermediate compute", ("series", "languages", "verdict"), (tuple(rows),), names=3)


def study_cost(answer: Answer) -> Table:
    """What the study spent by role in three FLOP counts, and what sharing phases saved."""
    spent = add(answer.spent)
    alone = add({str(index): point.cost.standalone for index, point in enumerate(answer.points)})
    rows = [_cost_row(role, answer.spent[role]) for role in ROLES]
    totals = [_cost_row("spent, each phase once", spent), _cost_row("points on their own", alone)]
    notes = ["model: real tokens, no recomputation; hardware: as executed; 6ND: 6 x non-embedding parameters x tokens"]
    if isinstance(spent, Cost) and isinstance(alone, Cost) and alone.model:
        notes.append(f"sharing phases between points saved {1 - spent.model / alone.model:.0%} of the model FLOPs")
    columns = ("cost", "model FLOPs", "hardware FLOPs", "6ND", "tokens", "seconds")
    return Table("Cost of the study", columns, (tuple(rows), tuple(totals)), notes=tuple(notes))


def point_costs_table(answer: Answer) -> Table:
    """Model FLOPs of each point by role; standalone is their sum, marginal what earlier points had not paid."""
    rows = []
    for point in answer.points:
        costs = [
            *(point.cost.roles[role] for role in ROLES),
            point.cost.tuning,
            point.cost.standalone,
            point.cost.marginal,
        ]
        rows.append((point.at.label, *(scientific(_model_flops(cost)) for cost in costs)))
    columns = ("point", *ROLES, "tuning", "standalone", "marginal")
    return Table("Model FLOPs of each point", columns, (tuple(rows),))


def _cost_row(name: str, cost: Cost | Missing) -> Row:
    if isinstance(cost, Missing):
        return (name, *["missing"] * 5)
    flops = (scientific(count) for count in (cost.model, cost.hardware, cost.six_nd))
    return (name, *flops, f"{cost.real_tokens:,}", f"{cost.seconds:,.0f}")


def _model_flops(cost: Cost | Missing) -> Value:
    return cost if isinstance(cost, Missing) else float(cost.model)
