"""The spreads of a finished study, for the power of one like it: by moments, from the outcomes of its test."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.analysis.inference.cluster_robust import Array, design, within
from harness.analysis.inference.panel import panel
from harness.analysis.inference.power import Layout, item_variances, shocked
from harness.analysis.inference.rows import Question, Rows, rows
from harness.analysis.points.gains import Gain
from harness.analysis.values import Missing
from harness.plan.sweeps.analysis_spec import Spreads


def rows_of(gains: Sequence[Gain], layout: Layout) -> Rows | Missing:
    """The outcomes of a finished study whose spreads are asked for; missing where one of its scores is."""
    own = [gain for gain in gains if gain.at.on_axes and gain.at.control is None]
    return rows(panel(own), Question("gain" if layout.question == "low_minus_high_gain" else "slope"))


def spreads_of(found: Rows, layout: Layout, assumed: Spreads) -> Spreads:
    """What languages, cells, runs and checkpoints differ by in the outcomes `found` of a study with that `layout`.

    What they cannot tell stays as `assumed`: what items do and, without several seeds, what seeds do. A variance that
    comes out below zero counts as zero.
    """
    told = _of_seeds(found, layout, assumed) if len(found.outcome) > 1 else assumed
    noise = layout.noise(layout.amounts, 1) * (told.run**2 + _items(layout, told))
    language, cell = _of_languages(found, noise)
    return replace(told, language=language, cell=cell)


def _of_seeds(found: Rows, layout: Layout, assumed: Spreads) -> Spreads:
    """From how single seeds lie apart: row by row, without what all languages of a task or level have in common, and
    as contrasts, which a shock to a whole level moves further.
    """
    noise = layout.noise(layout.amounts, 1) * len(found.outcome)
    columns = within(found.blocks, found.low)
    deviations = found.outcome - found.outcome.mean(axis=0)
    own = deviations @ _residual_maker(columns)
    freedom = (len(found.outcome) - 1) * (len(columns) - np.linalg.matrix_rank(columns))
    apart = float(np.sum(own**2)) / freedom
    weights = design(columns, np.eye(columns.shape[1])[0], found.clusters).weights
    further = float(np.var(found.outcome @ weights, ddof=1) - np.sum(weights**2) * apart)
    models = [model for model, _, _ in found.cells]
    return replace(
        assumed,
        run=_root(apart / noise - _items(layout, assumed)),
        checkpoint=_root(further / noise / shocked(weights, found.low, models)),
    )


def _of_languages(found: Rows, noise: float) -> tuple[float, float]:
    """Standard deviations of languages and of cells: two sums of squared residuals set equal to their expectations.

    With residuals e = M y, and S 1 where two rows are of one language, E e'e = l tr(MS) + c tr(M) and
    E e'Se = l tr(MSMS) + c tr(MSM), where l is the variance of languages and c that of cells with the noise.
    """
    maker = _residual_maker(within(found.blocks, found.low))
    shared = (found.clusters[:, None] == found.clusters).astype(float)
    residuals = maker @ found.outcome.mean(axis=0)
    forms = (maker, maker @ shared @ maker)
    seen = [residuals @ residuals, residuals @ shared @ residuals]
    expected = np.array([[np.trace(form @ shared), np.trace(form)] for form in forms])
    language, cell = np.linalg.lstsq(expected, np.array(seen), rcond=None)[0]
    if language < 0:
        return 0.0, _root(seen[0] / np.trace(maker) - noise)
    return _root(language), _root(cell - noise)


def _residual_maker(columns: Array) -> Array:
    return np.asarray(np.eye(len(columns)) - columns @ np.linalg.pinv(columns))


def _items(layout: Layout, spreads: Spreads) -> float:
    return float(np.mean(item_variances(layout, spreads)))


def _root(variance: float) -> float:
    return float(np.sqrt(max(0.0, variance)))
