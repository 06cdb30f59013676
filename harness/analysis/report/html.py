"""The report as one HTML file that needs nothing else: style, figures and data are in it, and nothing is fetched."""

import re

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.analysis.figures.drawing import inline_svg
from harness.analysis.report.content import Drawn, Report

CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[([\w./-]+)\]\(([\w-][\w./-]*)\)")  # to files beside the report, never to another host


def html(report: Report) -> str:
    """The whole page; its ids are unique, since no two sections, tables or figures share a name."""
    loader = PackageLoader("harness.analysis.report", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"inline": _inline, "svg": _svg}
    return environment.get_template("report.html.jinja").render(report=report)


def _inline(text: str) -> Markup:
    """`text` with its code and its links marked, everything else as it stands."""
    marked = CODE.sub(r"<code>\1</code>", str(escape(text)))
    return Markup(LINK.sub(r'<a href="\2">\1</a>', marked))


def _svg(block: Drawn) -> Markup:
    return Markup(inline_svg(block.figure, f"fig-{block.name}", block.title, block.finding))
