"""What all figures share: colours, marks, axes, and how a figure becomes a file or part of a page."""

import io
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.fits import Fitted
from harness.files.atomic import write_bytes, write_text

# Okabe and Ito's palette: told apart with every common colour blindness.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = "osD^v<>P"
DASHES = {None: "-", "target_more": "--", "mlm_en": ":", "shuffled_labels": "-."}
WIDEST = 3  # panels of a single row that stand side by side
GRID, REFERENCE = "#ebebeb", "#999999"  # a page in the dark has other greys for these two
STABLE: Any = {"svg.hashsalt": "harness", "svg.fonttype": "none"}  # the same answer gives the same bytes
# A page says by its style sheet what these are, in the light and in the dark.
THEME = {"#000000": "currentColor", GRID: "var(--grid)", REFERENCE: "var(--reference)"}


def draw(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write `figure` to `<stem>.png` and `<stem>.svg`, whole or not at all; returns both."""
    files = stem.with_suffix(".png"), stem.with_suffix(".svg")
    pixels = io.BytesIO()
    figure.savefig(pixels, format="png", dpi=150)
    write_bytes(files[0], pixels.getvalue())
    head, inner = _svg(figure)
    write_text(files[1], f'{head}<rect width="100%" height="100%" fill="#ffffff"/>{inner}')
    return files


def inline_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """`figure` as an <svg> element for a page: text as text, no background, lines in the colour of the page's text.

    All ids begin with `name`, which must be unique on the page. `title` and `description` are for who cannot see it.
    """
    inner = re.sub(r"<metadata>.*?</metadata>", "", _svg(figure)[1], flags=re.DOTALL)
    inner = re.sub(r'(\bid="|url\(#|xlink:href="#)', rf"\g<1>{name}-", inner).replace("xlink:href", "href")
    for drawn_in, shown_in in THEME.items():
        inner = inner.replace(drawn_in, shown_in)
    width, height = (72 * inches for inches in figure.get_size_inches())  # the units of its viewBox are points
    # Points as pixels are three quarters of the size on paper: no smaller, so that what is written can be read.
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width:g} {height:g}" '
        f'style="max-width: {width / 0.75:.0f}px; min-width: {width:.0f}px">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{inner.strip()}'
    )


@lru_cache(maxsize=16)  # a figure takes a second, and is needed as a file and on the page
def _svg(figure: Figure) -> tuple[str, str]:
    """As SVG without a background: all up to its root's begin, and what follows."""
    drawn = io.StringIO()
    with matplotlib.rc_context(STABLE):
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    text = _numbered(drawn.getvalue())
    begin = text.index(">", text.index("<svg")) + 1
    return text[:begin], text[begin:]


def _numbered(text: str) -> str:
    """With clip paths called by number: matplotlib's names hash the last digits that its layout comes to by chance."""
    names = dict.fromkeys(re.findall(r'<clipPath id="(p[0-9a-f]{10})"', text))
    numbers = {name: f"clip{number}" for number, name in enumerate(sorted(names, key=text.index))}
    return re.sub("|".join(names), lambda found: numbers[found[0]], text) if names else text


def panels(rows: int, columns: int) -> tuple[Figure, list[list[Axes]]]:
    """A figure with rows of panels; a single row is wrapped, so that a page shows it at a size to read."""
    wide = columns if rows > 1 else min(WIDEST, columns)
    high = rows if rows > 1 else -(-columns // wide)
    figure = Figure(figsize=(3.4 * wide + 0.6, 3.0 * high + 1.6), layout="constrained")
    FigureCanvasAgg(figure)
    made = figure.subplots(high, wide, squeeze=False, sharey="row" if rows > 1 else "all")
    for axes in made.ravel()[rows * columns :]:
        figure.delaxes(axes)
    return figure, [list(row) for row in made] if rows > 1 else [list(made.ravel()[:columns])]


def name_rows(row: Sequence[Axes], text: str) -> None:
    """Give the first panel of each line of `row` the label `text`."""
    for axes in row:
        place = axes.get_subplotspec()
        if place and place.is_first_col():
            axes.set_ylabel(text)


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
