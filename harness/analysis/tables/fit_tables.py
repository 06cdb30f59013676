"""Tables of the fits: which form each line has, and one slope for each family of models and method."""

from collections.abc import Iterator, Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURE_NAMES, MEASURES, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.family_slopes import FamilySlope, family_slopes
from harness.analysis.curves.fits import Fit, Fitted
from harness.analysis.curves.forms import FLAT, FORMS
from harness.analysis.curves.lines import AXIS_NAMES, Axis
from harness.analysis.points.seeds import left_out
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing

OTHERS = tuple(name for name in FORMS if name != FLAT)
COMPARED = (
    "the lower, the better; within 2 forms explain about as much",
    "C0: the geometric mean of what was spent; a + b log10(C/C0); a + b (1 - exp(-C/(c C0))); a - b (C/C0)^-p",
)
OVER = "over seeds and languages, each language one cluster over its tasks"


def fit_tables(answer: Answer) -> Iterator[Table]:
    """The slopes of families, then the fits, along FLOPs and along steps; nothing where there are no lines."""
    axes: tuple[Axis, ...] = ("flops", "steps")
    for axis in axes:
        own = [fit for fit in answer.fits if fit.line.axis == axis]
        if own:
            yield _families(answer, axis, family_slopes(fit.line for fit in own))
            yield _fits(axis, own)


def _families(answer: Answer, axis: Axis, slopes: Sequence[FamilySlope]) -> Table:
    """One row per family, method and control; a column per measure."""
    measures = to_show({slope.measure for slope in slopes})
    rows: dict[Row, dict[str, FamilySlope]] = {}
    for slope in slopes:
        row = (slope.family, slope.method, slope.control or "")
        rows.setdefault(row, {})[slope.measure] = slope
    outside = left_out(answer.study)
    return Table(
        title=f"Points of gain per tenfold {AXIS_NAMES[axis]} within the lines of a family [95 % interval]",
        columns=("family", "method", "control", "lines", *(MEASURE_NAMES[measure] for measure in measures)),
        sections=(
            tuple(
                (*row, str(max(slope.lines for slope in own.values())), *(_slope(own.get(name)) for name in measures))
                for row, own in rows.items()
            ),
        ),
        names=3,
        notes=(f"intervals are {OVER}", *([outside] if outside else [])),
    )


def _fits(axis: Axis, fits: Sequence[Fit]) -> Table:
    """One row per line and measure: its slope, how much lower the AICc of each form is than of none, the best one."""
    ordered = sorted(fits, key=lambda fit: MEASURES.index(fit.line.measure))
    models = list(dict.fromkeys(fit.line.series.model for fit in fits))
    sections: dict[str, list[Row]] = {}
    for fit in ordered:
        model = f"{fit.line.series.model} · " if len(models) > 1 else ""
        row = (MEASURE_NAMES[fit.line.measure], f"{model}{fit.line.label}", *_cells(fit))
        sections.setdefault(fit.line.measure, []).append(row)
    gaps = dict.fromkeys(gap for fit in fits for name in OTHERS for gap in [_gap(fit, name)] if gap)
    compared = any(isinstance(fit.best, Fitted) for fit in fits)
    columns = ("gain", "series", f"points per tenfold {AXIS_NAMES[axis]}", *OTHERS, "fits best", "its parameters")
    shown = len(columns) if compared else 3
    return Table(
        title=f"Fits of gain against {AXIS_NAMES[axis]}"
        + (": AICc of a form less that of no trend" if compared else ""),
        columns=columns[:shown],
        sections=tuple(tuple(row[:shown] for row in rows) for rows in sections.values()),
        names=2,
        notes=(
            f"intervals are {OVER}",
            *(COMPARED if compared else ()),
            *(f"no {gap}" for gap in gaps),
        ),
    )


def _cells(fit: Fit) -> Row:
    linear, best = fit.forms["log-linear"], fit.best
    compared = (fit.beyond(name) for name in OTHERS)
    shown = ("-" if isinstance(found, Missing) else f"{found:+.1f}" for found in compared)
    values = "" if isinstance(best, Missing) else _parameters(best)
    verdict = "not compared" if isinstance(best, Missing) else fit.verdict
    return (_with_interval(linear), *shown, verdict, values)


def _with_interval(linear: Fitted | Missing) -> str:
    if isinstance(linear, Missing):
        return "missing"
    return Estimate(float(linear.values[1]), linear.interval("b"), len(linear.profile.seeds)).text


def _parameters(best: Fitted) -> str:
    return " ".join(f"{name}={value:.3g}" for name, value in zip(best.form.names, best.values, strict=True))


def _gap(fit: Fit, name: str) -> str | None:
    """Why a form is not compared, in words that hold for many lines."""
    found = fit.beyond(name)
    return f"{name}: {found.reason}" if isinstance(found, Missing) else None


def _slope(found: FamilySlope | None) -> str:
    if found is None:
        return ""
    return "missing" if isinstance(found.slope, Missing) else found.slope.text
