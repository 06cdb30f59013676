"""Trends in the figure of the curves: a pale line and a band where a form explains more than none, and a footer."""

from typing import Any

import numpy as np
from matplotlib.collections import PolyCollection

from harness.analysis.figures.curve_figure import FITS, curve_figure
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: trends
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 2, 4, 8]
batch_size: 8
targets: [{task: udpos, languages: [en, af, mr, de, fr]}]
seeds: [1, 2, 3]
"""


def bands(figure: Any) -> list[int]:
    """How many bands each panel has."""
    return [sum(isinstance(each, PolyCollection) for each in axes.collections) for axes in figure.axes]


def made(make: Any, points_per_doubling: float) -> Any:
    def score(leaf: Evaluate, language: str) -> float:
        epochs = [stage.recipe.duration.amount for stage in lineage(leaf) if stage.role == "intermediate"]
        seed = next(lineage(leaf)).recipe.seed
        noise = np.random.default_rng([seed, int(sum(epochs)), *language.encode()]).normal()
        return 50.0 + points_per_doubling * float(np.log2(sum(epochs) or 1)) + 0.2 * float(noise)

    study = make.study(SWEEP)
    return curve_figure(make.answer(study, make.results(study, score)))


def test_a_trend_has_a_band_in_every_panel_and_is_explained(make: Any) -> None:
    figure = made(make, 3.0)
    assert bands(figure) == [1, 1, 1, 1]
    assert FITS in figure.get_supxlabel()


def test_no_trend_is_not_drawn(make: Any) -> None:
    figure = made(make, 0.0)
    assert sum(bands(figure)) < 2
