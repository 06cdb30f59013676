"""The tables of an answer by point: scores and gains, verdicts on the curves, costs."""

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import CHANCE, MEASURE_NAMES, MEASURE_TITLES, Curve, Series, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.points.costs import COST_NAMES, ROLES, add, model_flops
from harness.analysis.points.seeds import heading
from harness.analysis.table import Row, Table, number, scientific, signed
from harness.analysis.tables.axes import Axis, axes, texts
from harness.analysis.values import Missing, Value
from harness.spec.record import Cost


def points_table(answer: Answer) -> Table:
    """One row per point: its score, its gains by resource level, its intermediate FLOPs."""
    gains = {gain.at: gain.aggregates for gain in answer.gains}
    measures = to_show({measure for aggregates in gains.values() for measure in aggregates})
    along = _axes(answer)
    rows = []
    for point in answer.points:
        own: Mapping[str, Value] = gains.get(point.at, {})
        gained = [signed(own[measure]) if measure in own else "" for measure in measures]
        flops = scientific(point.cost.before_target)
        rows.append((*texts(along, point.at), flops, number(point.aggregates["score"]), *gained))
    named = [f"gain {MEASURE_NAMES[measure]}" for measure in measures]
    return Table(
        title="Points: model FLOPs of the intermediate stages, mean score in percent, gains in points",
        columns=(*(name for name, _ in along), "FLOPs", "score", *named),
        sections=(tuple(rows),),
        names=len(along),
    )


def slopes(answer: Answer) -> Table:
    """One row per series: how many points of gain a tenfold of intermediate compute buys, by resource level."""
    measures = to_show({curve.measure for curve in answer.curves})
    rows: dict[Series, dict[str, str]] = {}
    for curve in answer.curves:
        rows.setdefault(curve.series, {})[curve.measure] = _slope_cell(curve)
    several = len({series.model for series in rows}) > 1
    names = [f"{series.model} · {series.label}" if several else series.label for series in rows]
    return Table(
        title=f"Points of gain per tenfold intermediate compute (model FLOPs): {heading(answer.study)}",
        columns=("series", *(MEASURE_NAMES[measure] for measure in measures)),
        sections=(
            tuple((n, *(row.get(m, "") for m in measures)) for n, row in zip(names, rows.values(), strict=True)),
        ),
        notes=(*(summary(answer.curves, measure) for measure in measures), *_english(answer.curves, several)),
    )


def _english(curves: Sequence[Curve], several: bool) -> Iterator[str]:
    """The verdict on English of each series that is no control."""
    for curve in curves:
        if curve.measure == "en" and curve.series.control is None:
            model = f"{curve.series.model} · " if several else ""
            yield f"{MEASURE_TITLES['en']}, {model}{curve.series.label}: {curve.verdict}"


def _slope_cell(curve: Curve) -> str:
    if isinstance(curve.slope, Estimate):
        return curve.slope.text + (CHANCE if curve.at_chance else "")
    return "missing" if any(isinstance(spot.gain, Missing) for spot in curve.spots) else "no slope"


def summary(curves: Sequence[Curve], measure: str) -> str:
    """One sentence on one resource level over all series that are no controls."""
    every = [curve for curve in curves if curve.measure == measure and curve.series.control is None]
    own = [curve.slope for curve in every if not curve.at_chance]
    known = [slope for slope in own if isinstance(slope, Estimate)]
    name = MEASURE_TITLES[measure]
    if not own:
        return f"{name}: at chance with and without intermediate training, so their gains mean nothing"
    if not known:
        return f"{name}: no slope in {len(own)} series; the report says why"
    if all(slope.interval is None for slope in known):
        ends = sorted(slope.mean for slope in known)
        return f"{name}: {ends[0]:+.1f} to {ends[-1]:+.1f} in {len(known)} series; no interval: {known[0].unsure}"
    clear = [slope for slope in known if not slope.is_noise]
    rising = sum(slope.mean > 0 for slope in clear)
    return (
        f"{name}: rises in {rising}, falls in {len(clear) - rising}, within noise in {len(known) - len(clear)} "
        f"of {len(own)} series"
    )


def verdicts(answer: Answer) -> Iterator[str]:
    """The verdicts on the curves, one line a series."""
    sentences: dict[Series, list[str]] = {}
    for curve in answer.curves:
        sentences.setdefault(curve.series, []).append(f"{MEASURE_NAMES[curve.measure]}: {curve.verdict}")
    for series, found in sentences.items():
        yield f"{series.model} · {series.label}: {'; '.join(found)}"


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
    along = _axes(answer)
    rows = []
    for point in answer.points:
        costs = (scientific(model_flops(cost)) for cost in point.cost.by_name.values())
        rows.append((*texts(along, point.at), *costs))
    columns = (*(name for name, _ in along), *COST_NAMES)
    return Table("Model FLOPs of each point", columns, (tuple(rows),), names=len(along))


def _axes(answer: Answer) -> tuple[Axis, ...]:
    return axes(answer.study.sweep.axis[0], [point.at for point in answer.points])


def _cost_row(name: str, cost: Cost | Missing) -> Row:
    if isinstance(cost, Missing):
        return (name, *["missing"] * 5)
    flops = (scientific(count) for count in (cost.model, cost.hardware, cost.six_nd))
    return (name, *flops, f"{cost.real_tokens:,}", f"{cost.seconds:,.0f}")
