"""The contrasts as a forest plot: how much more low-resource languages gain than high-resource ones, with intervals."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.analysis.answer import Answer
from harness.analysis.figures.drawing import COLOURS, REFERENCE
from harness.analysis.inference.results import Contrast, Tested
from harness.analysis.values import Missing

KINDS = ("primary", "beside", "secondary", "sensitivity")
SHADES = dict(zip(KINDS, (COLOURS[1], COLOURS[1], COLOURS[0], COLOURS[2]), strict=True))
MARKS = dict(zip(KINDS, "DDos", strict=True))
LONGEST = 46  # characters of a name before it is broken
MOST = 40  # rows of one panel

Row = tuple[str, Tested]


def contrast_figure(answer: Answer) -> Figure:
    """A panel per unit, a row per contrast; filled marks were planned before the first phase, open ones explored."""
    panels = _by_unit(answer)
    heights = [len(rows) + 1.2 for rows in panels.values()] or [1.0]
    figure = Figure(figsize=(8.2, 0.27 * sum(heights) + 0.55 * len(heights) + 1.3), layout="constrained")
    FigureCanvasAgg(figure)
    drawn = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights).ravel()
    for axes, (unit, rows) in zip(drawn, panels.items(), strict=False):
        _panel(axes, unit, rows)
    if not panels:
        drawn[0].set_axis_off()
        drawn[0].text(0.5, 0.5, "no contrast could be estimated", ha="center", va="center")
    figure.supxlabel("\n".join(_footer(answer)), fontsize="small")
    return figure


def _by_unit(answer: Answer) -> dict[str, list[Row]]:
    """Contrasts in one unit share an axis; one that is missing stands in the panel of the primary one."""
    found = answer.inference
    rows: list[Row] = [("primary", found.primary), *(("beside", each) for each in found.beside)]
    rows += [("secondary", each) for each in found.secondary]
    rows += [("sensitivity", each) for each in found.sensitivity]
    panels: dict[str, list[Row]] = {}
    for kind, tested in rows:
        unit = tested.finding.unit if isinstance(tested.finding, Contrast) else _unit(found.primary)
        panels.setdefault(unit, []).append((kind, tested))
    return panels


def _unit(tested: Tested) -> str:
    return tested.finding.unit if isinstance(tested.finding, Contrast) else "points per tenfold compute"


def _panel(axes: Axes, unit: str, rows: Sequence[Row]) -> None:
    shown = rows[:MOST]
    axes.axvline(0, color=REFERENCE, linewidth=1)
    for place, (kind, tested) in enumerate(shown):
        _draw(axes, place, kind, tested)
    left = len(rows) - len(shown)
    axes.set_ylim(len(shown) - 0.4 + (0.8 if left else 0), -0.7)
    axes.set_yticks(range(len(shown)), [_name(tested) for _, tested in shown], fontsize=7.5)
    if left:
        axes.text(0, len(shown), f"and {left} more in the table", fontsize=7.5, va="center")
    axes.set_xlabel(f"low minus high ({unit})", fontsize="small")
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize="small")
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw(axes: Axes, place: int, kind: str, tested: Tested) -> None:
    finding, colour = tested.finding, SHADES[kind]
    if isinstance(finding, Missing):
        axes.text(0, place, " missing", fontsize=7.5, va="center", style="italic")
        return
    axes.plot(finding.interval, (place, place), color=colour, linewidth=2.4 if kind == "primary" else 1.3)
    face = colour if tested.planned else "none"
    axes.plot(finding.estimate, place, MARKS[kind], color=colour, markerfacecolor=face, markersize=6)


def _name(tested: Tested) -> str:
    return tested.name if len(tested.name) <= LONGEST else f"{tested.name[: LONGEST - 1]}…"


def _footer(answer: Answer) -> list[str]:
    return [
        "right of zero: low-resource languages gain more; "
        f"bars: {answer.inference.level} intervals, errors clustered on language",
        "filled: planned before the first phase, open: explored",
        "diamonds: primary and the one beside it, circles: by part, squares: sensitivity",
        *answer.split.descriptions(point.at.model for point in answer.points),
    ]
