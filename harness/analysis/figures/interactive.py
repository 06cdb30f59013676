"""The curve as a page to explore: gain against intermediate FLOPs, with a menu of measures and coordinates on hover."""

import html
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import MEASURE_TITLES, Curve, Spot, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.fits import Fitted
from harness.analysis.figures.drawing import COLOURS
from harness.analysis.points.seeds import left_out, over
from harness.analysis.values import Missing

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "x", "star", "pentagon")
DASHES = {None: "solid", "target_more": "dash", "mlm_en": "dot", "shuffled_labels": "dashdot"}
LINE = 110  # characters of a line of the caption
BAND = 40  # places at which a band is drawn
FONT = "system-ui, sans-serif"
# No button that would send anything anywhere.
BUTTONS = ["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]
CONFIG: Any = {"displaylogo": False, "modeBarButtons": [BUTTONS], "responsive": True}

Trace = tuple[str, go.Scatter]  # its measure


def interactive(answer: Answer) -> str:
    """One HTML page that needs nothing else: the library that draws it is in it, and it asks no server for anything.

    Every series of every model is a line with 95 % intervals; a missing gain has no mark, and the report names it.
    """
    measures = to_show({curve.measure for curve in answer.curves})
    traces = [trace for measure in measures for trace in _traces(answer, measure)]
    figure = go.Figure([trace for _, trace in traces])
    shown = measures[0] if measures else ""
    for measure, trace in zip((measure for measure, _ in traces), figure.data, strict=True):
        trace.visible = measure == shown
    figure.update_layout(**_layout(answer, measures, [measure for measure, _ in traces]))
    page: str = figure.to_html(include_plotlyjs=True, full_html=True, div_id="curve", config=CONFIG)
    title = html.escape(f"{answer.study.sweep.name}: gain against intermediate compute")
    return page.replace("<html>", '<html lang="en">', 1).replace("<head>", f"<head><title>{title}</title>", 1)


def _traces(answer: Answer, measure: str) -> Iterator[Trace]:
    curves = [curve for curve in answer.curves if curve.measure == measure]
    several = len({curve.series.model for curve in answer.curves}) > 1
    trends = {(fit.line.series, fit.line.measure): fit.trend for fit in answer.fits if fit.line.axis == "flops"}
    for curve in curves:
        style = _style(answer.curves, curve)
        name = f"{curve.series.model} · {curve.series.label}" if several else curve.series.label
        trend = trends.get((curve.series, measure))
        if trend and curve.series.control is None:
            yield from ((measure, trace) for trace in _band(trend, name, style["color"]))
        yield measure, _line(curve, name, style)


def _line(curve: Curve, name: str, style: Mapping[str, str]) -> go.Scatter:
    drawn = [
        (spot.flops, spot.gain, spot)
        for spot in curve.spots
        if isinstance(spot.gain, Estimate) and not isinstance(spot.flops, Missing)
    ]
    ends = [gain.interval or (gain.mean, gain.mean) for _, gain, _ in drawn]
    means = [gain.mean for _, gain, _ in drawn]
    return go.Scatter(
        x=[flops for flops, _, _ in drawn],
        y=means,
        error_y={
            "array": [high - mean for (_, high), mean in zip(ends, means, strict=True)],
            "arrayminus": [mean - low for (low, _), mean in zip(ends, means, strict=True)],
            "thickness": 1,
        },
        mode="lines+markers",
        name=name,
        legendgroup=name,
        line={"color": style["color"], "dash": style["dash"]},
        marker={"symbol": style["symbol"], "size": 8},
        text=[_told(curve, spot, gain) for _, gain, spot in drawn],
        hovertemplate="%{text}<extra></extra>",
    )


def _band(trend: Fitted, name: str, colour: str) -> Iterator[go.Scatter]:
    """The 95 % interval of a fit as an area, and the fit as a wide pale line."""
    x = np.geomspace(trend.profile.x.min(), trend.profile.x.max(), BAND)
    same: dict[str, Any] = {"showlegend": False, "legendgroup": name, "hoverinfo": "skip", "mode": "lines"}
    if band := trend.band(x):
        low, high = band
        around = {"x": [*x, *x[::-1]], "y": [*high, *low[::-1]]}
        yield go.Scatter(**around, fill="toself", fillcolor=colour, opacity=0.12, line={"width": 0}, **same)
    yield go.Scatter(x=list(x), y=list(trend.at(x)), line={"color": colour, "width": 5}, opacity=0.35, **same)


def _told(curve: Curve, spot: Spot, gain: Estimate) -> str:
    """What is said of one mark: its coordinates, its compute and its gain."""
    series = curve.series
    lines = [
        series.model,
        series.intermediate + (f", {series.control}" if series.control else ""),
        f"{spot.amount:g} {curve.unit}, batch {series.batch_size}",
        f"learning rate {series.learning_rate:g}" if series.learning_rate else "",
        f"{spot.flops:.3g} model FLOPs before a target",
        f"{MEASURE_TITLES[curve.measure]}: {gain.text} points over {gain.seeds} {curve.seeds} seeds",
        "at chance with and without intermediate training" if spot.at_chance else "",
    ]
    return "<br>".join(html.escape(line) for line in lines if line)


def _style(curves: Sequence[Curve], curve: Curve) -> dict[str, str]:
    """A colour per model and chain, a symbol per batch size and learning rate, dashes per control."""
    lines = list(dict.fromkeys((each.series.model, each.series.intermediate) for each in curves))
    cells = list(dict.fromkeys((each.series.batch_size, each.series.learning_rate) for each in curves))
    series = curve.series
    return {
        "color": COLOURS[lines.index((series.model, series.intermediate)) % len(COLOURS)],
        "symbol": SYMBOLS[cells.index((series.batch_size, series.learning_rate)) % len(SYMBOLS)],
        "dash": DASHES.get(series.control, "longdash"),
    }


def _layout(answer: Answer, measures: Sequence[str], of_traces: Sequence[str]) -> dict[str, Any]:
    """`of_traces` has the measure of each trace."""
    caption = _caption(answer)
    buttons = [
        {
            "label": MEASURE_TITLES[measure],
            "method": "restyle",
            "args": [{"visible": [own == measure for own in of_traces]}],
        }
        for measure in measures
    ]
    place = {"x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "direction": "down", "showactive": True}
    return {
        "template": "plotly_white",
        "font": {"family": FONT, "size": 14},
        "title": {"text": f"{html.escape(answer.study.sweep.name)}: gain against intermediate compute"},
        "xaxis": {
            "title": {"text": "intermediate compute (model FLOPs)"},
            **{"type": "log", "exponentformat": "e", "tickangle": 0, "dtick": "D2", "automargin": False},
        },
        "yaxis": {"title": {"text": "gain over the baseline (percentage points)"}, "zerolinecolor": "#999999"},
        "hovermode": "closest",
        "margin": {"t": 110, "b": 100 + 20 * len(caption)},
        "updatemenus": [{"buttons": buttons, **place}] if buttons else [],
        "annotations": [
            {
                "text": "<br>".join(map(html.escape, caption)),
                **{"xref": "paper", "yref": "paper", "x": 0, "y": 0, "yshift": -70, "showarrow": False},
                **{"xanchor": "left", "yanchor": "top", "align": "left"},
            }
        ],
    }


def _caption(answer: Answer) -> list[str]:
    """The split of each model, what bars and bands are, and what these leave out, in lines that fit."""
    said = answer.split.descriptions(curve.series.model for curve in answer.curves)
    said.append(f"Bars: 95 % t-intervals over {over(answer.study)}.")
    if any(fit.trend for fit in answer.fits if fit.line.axis == "flops"):
        said.append(
            "Pale: a trend that explains clearly more than none by AICc, with its interval over seeds and languages."
        )
    if outside := left_out(answer.study):
        said.append(f"{outside[0].upper()}{outside[1:]}.")
    return [line for sentence in said for line in textwrap.wrap(sentence, LINE)]
