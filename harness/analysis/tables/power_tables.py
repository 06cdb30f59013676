"""Tables of what a study could find before it is run: detectable differences, and what their error is made of."""

from collections.abc import Iterator
from math import isinf

from harness.analysis.inference.power import WANTED, Case, Power
from harness.analysis.table import Row, Table

UNITS = {"low_minus_high_slope": "points per tenfold compute", "low_minus_high_gain": "points"}
LITTLE = 0.1  # of the detectable difference: what more seeds take away is then not worth their price


def power_tables(found: Power, like: str | None = None) -> Iterator[Table]:
    """The cases, with whether more seeds would help; and the shares of the variance, with all that was assumed.

    `like` names the finished study that spreads are taken from.
    """
    spec, cells = found.spec, found.layout.cells
    unit = UNITS[spec.question]
    low, high = (sorted({cell.language for cell in cells if cell.low is level}) for level in (True, False))
    tasks = dict.fromkeys(cell.task for cell in cells)
    yield Table(
        title=f"Power: low- minus high-resource, {unit}, {WANTED:.0%} power at {100 * spec.alpha:g}%",
        columns=("study", "seeds", "amounts", "standard error", "detectable", f"power at {spec.difference:g}"),
        sections=(tuple(map(_row, found.cases)),),
        notes=(
            f"languages: {len(low)} low, {len(high)} high, in {len(tasks)} tasks that have both: {', '.join(tasks)}",
            advice(found),
        ),
    )
    yield Table(
        title="Variance as planned",
        columns=("what that difference varies with", "share of its variance"),
        sections=(tuple((name, f"{share:.0%}") for name, share in found.shares.items()),),
        notes=tuple(_assumed(found, like)),
    )


def advice(found: Power) -> str:
    """Whether more seeds would help, in one sentence."""
    planned = found.cases[0]
    endless = next(case for case in found.cases if isinf(case.seeds))
    saved = 1 - endless.detectable / planned.detectable if planned.detectable else 0.0
    both = f"{planned.detectable:.2f} as planned, {endless.detectable:.2f} with seeds without end"
    if saved < LITTLE:
        return f"more seeds would help little: {both}; how much languages differ by themselves is what limits it"
    return f"more seeds would help: {both}"


def _row(case: Case) -> Row:
    seeds = "any" if isinf(case.seeds) else f"{case.seeds:g}"
    return (
        case.name,
        seeds,
        str(case.amounts),
        f"{case.error:.2f}",
        f"{case.detectable:.2f}",
        f"{case.power:.0%}",
    )


def _assumed(found: Power, like: str | None) -> Iterator[str]:
    spreads = found.spec.power
    what = "slopes" if found.spec.question == "low_minus_high_slope" else "gains"
    assumed = "assumed, not measured (`analysis: {power: {...}}` sets them)"
    source = f"as in {like}, of items assumed" if like else assumed
    yield (
        f"{source}, as standard deviations: {what} {spreads.language:.2g} between languages of one level, "
        f"{spreads.cell:.2g} between tasks of one language, in {UNITS[found.spec.question]}; from seed to seed a score "
        f"{spreads.run:.2g} points beside the others of its task, all low-resource ones {spreads.checkpoint:.2g} "
        f"together; {spreads.right:.0%} right answers, correlated by {spreads.paired:g} between checkpoints"
    )
    unknown = dict.fromkeys(cell.task for cell in found.layout.cells if cell.items is None)
    if unknown:
        yield f"test sets of unknown size count as {spreads.items:,} items: {', '.join(unknown)}"
    if found.layout.seeds == 1:
        yield "with one seed the interval cannot hold what a run does to all low-resource languages together"
