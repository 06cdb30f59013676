"""The page to explore: whole by itself, with a menu, units, the split, coordinates on hover, and no invented mark."""

import json
import re
from typing import Any

import pytest

from harness.analysis.figures.interactive import interactive


def drawn(page: str) -> list[dict[str, Any]]:
    """The traces that the page draws."""
    start = page.rindex("Plotly.newPlot(")
    traces: list[dict[str, Any]] = json.JSONDecoder().raw_decode(page, page.index("[", start))[0]
    return traces


@pytest.fixture
def page(make: Any) -> str:
    return interactive(make.answer(make.study()))


def test_it_asks_nobody_for_anything_and_says_what_it_is(page: str) -> None:
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert '<html lang="en">' in page[:40]
    assert "<title>made: gain against intermediate compute</title>" in page
    assert "intermediate compute (model FLOPs)" in page
    assert "gain over the baseline (percentage points)" in page
    assert "English is in no split." in page


def test_the_menu_has_every_measure_and_shows_one(page: str) -> None:
    marks = [trace for trace in drawn(page) if trace["mode"] == "lines+markers"]
    shown = [trace["name"] for trace in marks if trace["visible"]]
    assert shown == ["anli · batch 8", "anli+squad_v2 · batch 8"]
    assert all(f'"label":"{name}"' in page for name in ("all languages", "low-resource languages", "unseen languages"))


def test_a_mark_tells_its_coordinates_its_gain_and_its_interval(page: str) -> None:
    first = next(trace for trace in drawn(page) if trace["mode"] == "lines+markers")
    text = first["text"][0]
    assert text.startswith(
        "xlm_r/base<br>anli<br>1 epochs, batch 8<br>1e+09 model FLOPs before a target<br>all languages: +"
    )
    assert text.endswith("points over 3 intermediate seeds")
    assert len(first["error_y"]["array"]) == len(first["error_y"]["arrayminus"]) == len(first["y"]) == 2


def test_a_missing_gain_has_no_mark(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    for key in list(results.scored)[-6:]:
        del results.scored[key]
    page = interactive(make.answer(study, results))
    marks = [trace for trace in drawn(page) if trace["mode"] == "lines+markers" and trace["visible"]]
    assert [len(trace["text"]) for trace in marks] == [2, 1]


def test_the_same_answer_gives_the_same_page(make: Any) -> None:
    study = make.study()
    assert interactive(make.answer(study)) == interactive(make.answer(study))
