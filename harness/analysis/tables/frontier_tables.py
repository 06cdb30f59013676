"""Tables of the Pareto frontier, and of the compute that it takes to reach a gain."""

from collections.abc import Iterator, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURE_NAMES, Curve, to_show
from harness.analysis.curves.frontier import (
    Frontier,
    Reached,
    Spent,
    gain_frontiers,
    reach,
    round_gains,
    score_frontiers,
)
from harness.analysis.points.seeds import heading
from harness.analysis.table import Row, Table, number, scientific
from harness.analysis.tables.axes import axes, texts
from harness.analysis.values import Missing

FRONTIER = "by means over seeds: no other row has at least as much for at most as many FLOPs"
REACHED = (
    "read between the amounts that were spent, on a straight line in the logarithm of FLOPs, never beyond them; in "
    "brackets where the upper and the lower ends of the intervals over seeds reach the gain, ∞ where these never do"
)


def frontier_tables(answer: Answer) -> Iterator[Table]:
    """The rows that nothing beats, by score and by gain, and the compute to reach round gains; nothing without rows."""
    yield from _frontier(answer, "Best scores for their compute", "standalone FLOPs", score_frontiers(answer.points))
    yield from _frontier(answer, "Best gains for their compute", "intermediate FLOPs", gain_frontiers(answer.gains))
    yield from _reached(answer)


def _frontier(answer: Answer, title: str, compute: str, found: Sequence[Frontier]) -> Iterator[Table]:
    shown = to_show({frontier.measure for frontier in found})
    kept = [frontier for frontier in found if frontier.measure in shown]
    best = [[row for row in frontier.rows if row.on_frontier] for frontier in kept]
    along = axes(answer.study.sweep.axis[0], [row.at for rows in best for row in rows])
    along = tuple(axis for axis in along if "seed" not in axis[0])
    signs = compute == "intermediate FLOPs"
    sections = tuple(
        tuple((MEASURE_NAMES[frontier.measure], *texts(along, row.at), *_numbers(row, signs)) for row in rows)
        for frontier, rows in zip(kept, best, strict=True)
        if rows
    )
    if sections:
        yield Table(
            title=f"{title}: {heading(answer.study)}",
            columns=("languages", *(name for name, _ in along), compute, "gain" if signs else "score"),
            sections=sections,
            names=1 + len(along),
            notes=(FRONTIER + ("; nothing in between is a row, too" if signs else ""), *_beaten(kept)),
        )


def _numbers(row: Spent, signs: bool) -> Row:
    value = row.value
    if isinstance(value, Missing):
        return scientific(row.flops), "missing"
    ends = f" [{value.interval[0]:.1f}, {value.interval[1]:.1f}]" if value.interval else ""
    return scientific(row.flops), value.text if signs else f"{number(value.mean)}{ends}"


def _beaten(found: Sequence[Frontier]) -> Iterator[str]:
    for frontier in found:
        beaten = sum(row.on_frontier is False for row in frontier.rows)
        missing = [row.at.label for row in frontier.rows if row.on_frontier is None]
        name = MEASURE_NAMES[frontier.measure]
        yield f"{name}: {beaten} of {len(frontier.rows)} rows are beaten" + (
            f"; left out, since a number is missing: {', '.join(missing)}" if missing else ""
        )


def _reached(answer: Answer) -> Iterator[Table]:
    """A row per series and measure, a column per gain."""
    shown = to_show({curve.measure for curve in answer.curves})
    kept = [curve for curve in answer.curves if curve.measure in shown and curve.series.control is None]
    gains = round_gains(kept)
    several = len({curve.series.model for curve in kept}) > 1
    sections = tuple(
        tuple(_reach_row(curve, gains, several) for curve in kept if curve.measure == measure) for measure in shown
    )
    if gains:
        yield Table(
            title="Intermediate FLOPs to reach a gain [95 % interval]",
            columns=("languages", "series", *(f"{gain:+g} points" for gain in gains)),
            sections=sections,
            names=2,
            notes=(REACHED,),
        )


def _reach_row(curve: Curve, gains: Sequence[float], several: bool) -> Row:
    label = f"{curve.series.model} · {curve.series.label}" if several else curve.series.label
    return (MEASURE_NAMES[curve.measure], label, *(_cell(reach(curve, gain)) for gain in gains))


def _cell(found: Reached) -> str:
    if isinstance(found.flops, Missing) and found.flops.reason != "not reached":
        return "missing"
    middle = "not reached" if isinstance(found.flops, Missing) else scientific(found.flops)
    middle = f"at most {middle}" if found.from_start else middle
    if isinstance(found.soonest, Missing):  # the latest is missing, too
        return middle
    latest = "∞)" if isinstance(found.latest, Missing) else f"{scientific(found.latest)}]"
    return f"{middle} [{scientific(found.soonest)}, {latest}"
