"""Gain against optimiser steps where batch size was swept at the same FLOPs: a panel per model and resource level."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURE_TITLES, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.fits import Fit
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


def steps_figure(answer: Answer) -> Figure | None:
    """One row of panels a model, one column a resource level; None where no batch size was swept at the same FLOPs."""
    fits = [fit for fit in answer.fits if fit.line.axis == "steps"]
    if not fits:
        return None
    models = list(dict.fromkeys(fit.line.series.model for fit in fits))
    measures = to_show({fit.line.measure for fit in fits})
    figure, lines = panels(len(models), len(measures))
    for row, model in zip(lines, models, strict=True):
        for axes, measure in zip(row, measures, strict=True):
            _panel(axes, [f for f in fits if (f.line.series.model, f.line.measure) == (model, measure)], fits)
            axes.set_title(MEASURE_TITLES[measure], fontsize="medium")
        name_rows(row, f"{model}\ngain over the baseline\n(percentage points)")
    handles = {line.get_label(): line for axes in figure.axes for line in labelled(axes)}
    columns = min(4, 2 * len(measures))
    figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=columns, frameon=False)
    about = [
        "optimiser steps of the intermediate stages, at the same FLOPs",
        *answer.split.descriptions(models),
        f"bars: over {over(answer.study)}",
    ]
    figure.supxlabel("\n".join(about), fontsize="medium")
    return figure


def _panel(axes: Axes, own: Sequence[Fit], every: Sequence[Fit]) -> None:
    axes.axhline(0, color=REFERENCE, linewidth=0.8)
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    chains = list(dict.fromkeys(fit.line.series.intermediate for fit in every))
    amounts = list(dict.fromkeys((fit.line.amount, fit.line.series.learning_rate) for fit in every))
    for fit in own:
        line = fit.line
        spots = [(x, gain) for x, gain in line.spots if isinstance(gain, Estimate) and not isinstance(x, Missing)]
        colour = COLOURS[chains.index(line.series.intermediate) % len(COLOURS)]
        if spots:
            gains = [gain for _, gain in spots]
            axes.errorbar(
                [x for x, _ in spots],
                [gain.mean for gain in gains],
                yerr=error_bars(gains),
                color=colour,
                marker=MARKERS[amounts.index((line.amount, line.series.learning_rate)) % len(MARKERS)],
                linestyle=DASHES[line.series.control],
                label=line.label,
                capsize=2,
                elinewidth=0.8,
                markersize=4.5,
            )
        if fit.trend:
            draw_fit(axes, fit.trend, colour)
    log_axis(axes)
