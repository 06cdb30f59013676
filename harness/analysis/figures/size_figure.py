"""The size lines as a figure: score and gain against parameters, a row of panels per chain, a column per measure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURE_TITLES, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.size_lines import SizeLine, SizeSpot
from harness.analysis.figures.drawing import (
    COLOURS,
    DASHES,
    GRID,
    MARKERS,
    REFERENCE,
    error_bars,
    labelled,
    log_axis,
)
from harness.analysis.values import Missing

Quantity = Callable[[SizeSpot], Estimate | Missing | None]


def size_figure(answer: Answer) -> Figure:
    """One row of panels a chain: first the score, then the gain by resource level."""
    chains = list(dict.fromkeys(line.along.intermediate for line in answer.sizes))
    measures = to_show({measure for line in answer.sizes for spot in line.spots for measure in spot.gains})
    figure = Figure(figsize=(3.4 * (len(measures) + 1) + 0.6, 3.0 * len(chains) + 1.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(chains), len(measures) + 1, squeeze=False)
    for row, chain in zip(panels, chains, strict=True):
        own = [line for line in answer.sizes if line.along.intermediate == chain]
        _panel(row[0], own, answer.sizes, lambda spot: spot.score)
        row[0].set(title="score", ylabel=f"{chain}\npercent")
        for axes, measure in zip(row[1:], measures, strict=True):
            axes.axhline(0, color=REFERENCE, linewidth=0.8)
            _panel(axes, own, answer.sizes, _gain_in(measure))
            axes.set(title=f"gain, {MEASURE_TITLES[measure]}", ylabel="percentage points")
    handles = {line.get_label(): line for axes in figure.axes for line in labelled(axes)}
    figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=1, frameon=False)
    about = [
        "parameters of the encoder, all experts included; a line is one series and one method",
        *answer.split.descriptions(spot.model for line in answer.sizes for spot in line.spots),
    ]
    figure.supxlabel("\n".join(about), fontsize="medium")
    return figure


def _gain_in(measure: str) -> Quantity:
    return lambda spot: spot.gains.get(measure)


def _panel(axes: Axes, lines: Iterable[SizeLine], every: Sequence[SizeLine], quantity: Quantity) -> None:
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    for line in lines:
        drawn = [(spot.size.parameters, found) for spot in line.spots if isinstance(found := quantity(spot), Estimate)]
        if drawn:
            means, bars = [found.mean for _, found in drawn], error_bars([found for _, found in drawn])
            axes.errorbar([x for x, _ in drawn], means, yerr=bars, **_style(line, every))
    log_axis(axes)


def _style(line: SizeLine, every: Sequence[SizeLine]) -> dict[str, Any]:
    """A colour per series and method, a marker per setting, dashes per control."""
    models = list(dict.fromkeys(each.along.models for each in every))
    settings = list(dict.fromkeys(each.along.setting for each in every))
    return {
        "color": COLOURS[models.index(line.along.models) % len(COLOURS)],
        "marker": MARKERS[settings.index(line.along.setting) % len(MARKERS)],
        "linestyle": DASHES[line.along.control],
        "label": f"{line.along.models} · {line.along.setting}",
        "capsize": 2,
    }
