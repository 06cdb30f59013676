"""What all figures share: colours, marks, axes, and how a figure becomes a file or part of a page."""

import io
import math
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.fits import Fitted
from harness.files.atomic import write_bytes

# Okabe and Ito's palette: told apart with every common colour blindness.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = "osD^v<>P"
DASHES = {None: "-", "target_more": "--", "mlm_en": ":", "shuffled_labels": "-."}
GRID, REFERENCE = "#ebebeb", "#999999"  # a page in the dark has other greys for these two
STABLE: Any = {"svg.hashsalt": "harness", "svg.fonttype": "none"}  # the same answer gives the same bytes
# A page says by its style sheet what these are, in the light and in the dark.
THEME = {"#000000": "currentColor", GRID: "var(--grid)", REFERENCE: "var(--reference)"}


def draw(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write `figure` to `<stem>.png` and `<stem>.svg`, whole or not at all; returns both."""
    files = stem.with_suffix(".png"), stem.with_suffix(".svg")
    drawn = io.BytesIO(), io.BytesIO()
    with matplotlib.rc_context(STABLE):
        figure.savefig(drawn[0], format="png", dpi=150)
        figure.savefig(drawn[1], format="svg", metadata={"Date": None})
    for file, content in zip(files, drawn, strict=True):
        write_bytes(file, content.getvalue())
    return files


def inline_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """`figure` as an <svg> element for a page: text as text, no background, lines in the colour of the page's text.

    All ids begin with `name`, which must be unique on the page. `title` and `description` are for who cannot see it.
    """
    drawn = io.StringIO()
    with matplotlib.rc_context(STABLE):
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    text = drawn.getvalue()
    inner = re.sub(r"<metadata>.*?</metadata>", "", text[text.index(">", text.index("<svg")) + 1 :], flags=re.DOTALL)
    inner = re.sub(r'(\bid="|url\(#|xlink:href="#)', rf"\g<1>{name}-", inner).replace("xlink:href", "href")
    for drawn_in, shown_in in THEME.items():
        inner = inner.replace(drawn_in, shown_in)
    width, height = (72 * inches for inches in figure.get_size_inches())  # the units of its viewBox are points
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width:g} {height:g}" '
        f'style="max-width: {width / 0.75:.0f}px"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{inner.strip()}'
    )


def log_axis(axes: Axes) -> None:
    """Labels at 1, 2 and 5 where the axis spans less than two decades, else at the decades."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    narrow = low > 0 and math.log10(high / low) < 2
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))
    axes.xaxis.set_major_formatter(LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=(math.inf, math.inf)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelsize="small")


def error_bars(gains: Sequence[Estimate]) -> list[list[float]] | None:
    """How far intervals reach below and above; None where there are none."""
    if all(gain.interval is None for gain in gains):
        return None
    ends = [gain.interval or (math.nan, math.nan) for gain in gains]
    below = [gain.mean - low for gain, (low, _) in zip(gains, ends, strict=True)]
    above = [high - gain.mean for gain, (_, high) in zip(gains, ends, strict=True)]
    return [below, above]


def draw_fit(axes: Axes, fit: Fitted, colour: str, beside: float = 1.0) -> None:
    """A fit as a pale line with its band, drawn at `beside` times its compute; nothing of it is in the legend."""
    x = np.geomspace(fit.profile.x.min(), fit.profile.x.max(), 60)
    axes.plot(x * beside, fit.at(x), color=colour, linewidth=2.5, alpha=0.35, solid_capstyle="butt", zorder=1.5)
    if band := fit.band(x):
        axes.fill_between(x * beside, *band, color=colour, alpha=0.1, linewidth=0, zorder=1)


def labelled(axes: Axes) -> list[Any]:
    """What of a panel belongs into the legend."""
    return [container for container in axes.containers if not str(container.get_label()).startswith("_")]
