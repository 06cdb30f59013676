"""The forest plot: a panel per unit, a row per contrast, what was planned filled, what is missing named."""

import dataclasses
from typing import Any

from matplotlib.axes import Axes

from harness.analysis.figures.contrast_figure import MOST, contrast_figure
from harness.analysis.inference.results import Contrast, Inference, Tested
from harness.analysis.values import Missing

SLOPE, GAIN = "points per tenfold compute", "points"


def contrast(estimate: float, unit: str) -> Contrast:
    ends = (estimate - 1, estimate + 1)
    return Contrast(estimate, ends, 0.2, 0.5, 4.0, unit, ("af",), ("de",), ("udpos",), 3, False)


def with_inference(make: Any, found: Inference) -> Any:
    answer = make.answer(make.study())
    answer.__dict__["inference"] = found
    return answer


def names(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


FOUND = Inference(
    primary=Tested("slope", contrast(1.0, SLOPE), planned=True),
    beside=(Tested("gain", contrast(-2.0, GAIN)),),
    secondary=(Tested("slope, anli", contrast(3.0, SLOPE)),),
    sensitivity=(Tested("in log odds", Missing("a score of 100")),),
    verdict="not told apart",
    paragraph="They cannot be told apart.",
)


def test_contrasts_in_one_unit_share_an_axis_that_names_it(make: Any) -> None:
    first, second = contrast_figure(with_inference(make, FOUND)).axes
    assert (names(first), names(second)) == (["slope", "slope, anli", "in log odds"], ["gain"])
    assert first.get_xlabel() == f"low minus high ({SLOPE})"
    assert [tuple(line.get_xdata()) for line in first.lines[1:3]] == [(0.0, 2.0), (1.0,)]  # the interval, the mark


def test_planned_ones_are_filled_and_missing_ones_say_so(make: Any) -> None:
    first, second = contrast_figure(with_inference(make, FOUND)).axes
    marks = [
        line.get_markerfacecolor() for axes in (first, second) for line in axes.lines if len(line.get_xdata()) == 1
    ]
    assert [face == "none" for face in marks] == [False, True, True]
    assert " missing" in [text.get_text() for text in first.texts]


def test_the_split_is_on_the_figure_and_more_rows_than_fit_are_counted(make: Any) -> None:
    many = tuple(Tested(f"slope {number}", contrast(1.0, SLOPE)) for number in range(MOST + 5))
    figure = contrast_figure(with_inference(make, dataclasses.replace(FOUND, secondary=many)))
    assert "5 GiB of CC-100" in figure.get_supxlabel()
    assert "and 7 more in the table" in [text.get_text() for text in figure.axes[0].texts]


def test_nothing_to_contrast_is_said(make: Any) -> None:
    gone = Tested("slope", Missing("no low-resource languages"))
    none = dataclasses.replace(FOUND, primary=gone, beside=(gone,), secondary=(), sensitivity=())
    (axes,) = contrast_figure(with_inference(make, none)).axes
    assert [text.get_text() for text in axes.texts] == [" missing", " missing"]
