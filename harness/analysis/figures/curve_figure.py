"""The curve as a figure: gain against intermediate FLOPs, a panel per model and resource level."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURE_TITLES, Curve, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.fits import Fitted
from harness.analysis.figures.drawing import (
    COLOURS,
    DASHES,
    GRID,
    MARKERS,
    REFERENCE,
    draw_fit,
    error_bars,
    labelled,
    log_axis,
    name_rows,
    panels,
)
from harness.analysis.points.seeds import over
from harness.analysis.values import Missing

APART = 0.05  # of the width, between the outermost marks at one amount of compute
ONE_SEED = "one seed: no interval"
FITS = "pale: a trend that explains clearly more than none by AICc, with its 95 % interval over seeds and languages"


def curve_figure(answer: Answer) -> Figure:
    """One row of panels a model, one column a resource level."""
    models = list(dict.fromkeys(curve.series.model for curve in answer.curves))
    measures = to_show({curve.measure for curve in answer.curves})
    rows, columns = max(1, len(models)), max(1, len(measures))
    figure, lines = panels(rows, columns)
    styles = _Styles(answer.curves)
    fits = {(fit.line.series, fit.line.measure): fit.trend for fit in answer.fits if fit.line.axis == "flops"}
    for row, model in zip(lines, models, strict=False):
        for axes, measure in zip(row, measures, strict=True):
            own = [c for c in answer.curves if c.series.model == model and c.measure == measure]
            _panel(axes, own, styles, [fits.get((c.series, measure)) for c in own])
            axes.set_title(MEASURE_TITLES[measure], fontsize="medium")
        name_rows(row, f"{model}\ngain over the baseline\n(percentage points)")
    handles = {line.get_label(): line for axes in figure.axes for line in labelled(axes)}
    figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=min(4, 2 * columns), frameon=False)
    figure.supxlabel("\n".join(["intermediate compute (model FLOPs)", *_footer(answer, models)]), fontsize="medium")
    return figure


class _Styles:
    """A colour per chain, a marker per batch size and learning rate, dashes per control."""

    def __init__(self, curves: Iterable[Curve]) -> None:
        curves = tuple(curves)
        self._chains = list(dict.fromkeys(curve.series.intermediate for curve in curves))
        self._cells = list(dict.fromkeys((c.series.batch_size, c.series.learning_rate) for c in curves))

    def of(self, curve: Curve) -> dict[str, Any]:
        series = curve.series
        return {
            "color": COLOURS[self._chains.index(series.intermediate) % len(COLOURS)],
            "marker": MARKERS[self._cells.index((series.batch_size, series.learning_rate)) % len(MARKERS)],
            "linestyle": DASHES[series.control],
            "label": series.label,
        }


def _panel(axes: Axes, curves: Sequence[Curve], styles: _Styles, fits: Sequence[Fitted | None]) -> None:
    axes.axhline(0, color=REFERENCE, linewidth=0.8)
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    flops = [x for curve in curves for x, _ in _drawn(curve)]
    decades = math.log10(max(flops) / min(flops)) if flops else 0.0
    for index, (curve, fit) in enumerate(zip(curves, fits, strict=True)):
        beside = APART * decades * (index / max(1, len(curves) - 1) - 0.5)
        _draw_curve(axes, curve, styles.of(curve), 10**beside)
        if fit and curve.series.control is None:
            draw_fit(axes, fit, str(styles.of(curve)["color"]), 10**beside)
    log_axis(axes)


def _draw_curve(axes: Axes, curve: Curve, style: dict[str, Any], beside: float) -> None:
    """One curve, drawn at `beside` times its FLOPs, since curves of several batch sizes share theirs."""
    drawn = _drawn(curve)
    if drawn:
        gains = [gain for _, gain in drawn]
        style = {"capsize": 2, "elinewidth": 0.8, "markersize": 4.5, "alpha": 0.9, **style}
        axes.errorbar(
            [flops * beside for flops, _ in drawn], [gain.mean for gain in gains], yerr=error_bars(gains), **style
        )


def _drawn(curve: Curve) -> list[tuple[float, Estimate]]:
    """The spots that have a place on the axes; what is missing is named in the report."""
    return [
        (spot.flops, spot.gain)
        for spot in curve.spots
        if isinstance(spot.gain, Estimate) and not isinstance(spot.flops, Missing) and spot.flops > 0
    ]


def _footer(answer: Answer, models: Sequence[str]) -> list[str]:
    """The split of each model, and what the bars are."""
    seeds = {spot.gain.seeds for curve in answer.curves for spot in curve.spots if isinstance(spot.gain, Estimate)}
    several = max(seeds, default=1) > 1
    bars = f"bars: 95 % t-interval over {max(seeds)} {over(answer.study)}" if several else ONE_SEED
    found = [f"{bars}; marks at one amount of compute are set side by side"]
    if any(fit.trend for fit in answer.fits if fit.line.axis == "flops"):
        found.append(FITS)
    return [*answer.split.descriptions(models), *found]
