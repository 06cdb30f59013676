"""The page: whole, with nothing to fetch, and to be read by who cannot see it."""

import itertools
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.analysis.report.compose import Beside, compose
from harness.analysis.report.html import html
from harness.analysis.table import Table

VOID = {"meta", "link", "br", "img", "input", "hr"}
Element = tuple[str, dict[str, str | None]]


class Page(HTMLParser):
    """Every element with its attributes; fails where one is not closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [anli, anli+squad_v2]
epochs: [1, 10]
batch_size: 8
targets: [{task: udpos, languages: [en, af, mr, te, de, fr, it, yo]}]
seeds: [1, 2, 3]
"""


@pytest.fixture
def text(make: Any) -> str:
    return html(compose(make.answer(make.study(SWEEP)), Beside()))


def test_every_element_is_closed_and_no_id_is_given_twice(text: str) -> None:
    page = Page(text)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in (attributes.get("aria-labelledby") or "").split():
            assert name in ids
    links = {
        str(attributes["href"]).removeprefix("#") for attributes in page.all("a") if "#" in str(attributes["href"])
    }
    assert links <= set(ids) and len(links) > 10


def test_nothing_is_fetched(text: str) -> None:
    page = Page(text)
    for _, attributes in page.elements:
        assert not str(attributes.get("src", "data:")).startswith(("http", "/"))
        assert "://" not in str(attributes.get("href", ""))
    assert not re.search(r"url\((?!#)|@import", text)
    (policy,) = [own["content"] for own in page.all("meta") if own.get("http-equiv")]
    assert str(policy).startswith("default-src 'none'")


def test_headings_are_in_order_and_the_page_has_its_landmarks_language_and_skip_link(text: str) -> None:
    page = Page(text)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("main")) == len(page.all("nav")) == 1
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}


def test_every_table_has_a_caption_and_scopes_and_lies_in_a_region_that_the_keyboard_reaches(text: str) -> None:
    page = Page(text)
    assert len(page.all("table")) == len(page.all("caption")) > 8
    assert {own.get("scope") for own in page.all("th")} == {"col", "row"}
    regions = [own for own in page.all("div") if own.get("class") == "table"]
    assert len(regions) == len(page.all("table"))
    assert all(own["tabindex"] == "0" and own["role"] == "region" and own["aria-labelledby"] for own in regions)


def test_every_figure_says_what_it_shows_and_is_well_formed(text: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        said = {child.tag: child.text or "" for child in root if child.tag in ("title", "desc")}
        assert root.get("role") == "img" and said["title"] and len(said["desc"]) > 40


def test_figures_take_the_colours_of_the_page_in_the_light_and_in_the_dark(text: str) -> None:
    assert "@media (prefers-color-scheme: dark)" in text and "@media print" in text
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
    assert "#000000" not in drawings and "currentColor" in drawings
    assert "fill: #ffffff" not in drawings  # no background of their own
    for name in set(re.findall(r"var\((--[a-z]+)\)", text)):
        assert len(re.findall(f"{name}: #", text)) == 3  # light, dark, paper


@pytest.mark.parametrize(("ink", "paper"), [("ink", "paper"), ("faint", "paper"), ("link", "paper"), ("ink", "raised")])
def test_what_is_read_stands_out_from_its_ground(text: str, ink: str, paper: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    for theme in re.findall(r":root \{(.*?)\}", text, flags=re.DOTALL):
        colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", theme))
        high, low = sorted((_luminance(colours[ink]), _luminance(colours[paper])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_what_comes_from_a_study_is_text_and_no_markup(make: Any) -> None:
    report = compose(make.answer(make.study()), Beside())
    (table, *_) = report.tables
    hostile = Table("<script>alert(1)</script> `code`", ("<b>",), ((("<img src=x onerror=y>",),),))
    object.__setattr__(table, "table", hostile)
    page = html(report)
    assert "<img" not in page and page.count("<script>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <code>code</code>" in page


def _luminance(colour: str) -> float:
    shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
