"""CR2, the jackknife and the gate of seeds, against statsmodels, pyfixest, and numbers drawn from known truths."""

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm

from harness.analysis.inference.cluster_robust import Array, design, found, jackknifed, within

TASKS, LANGUAGES, LOW = 4, 12, 5


def panel() -> tuple[Array, Array, Array]:
    """Blocks, clusters and treatment of an unbalanced panel: every third language lacks the last task."""
    cells = [(task, one) for task in range(TASKS) for one in range(LANGUAGES) if task < TASKS - 1 or one % 3]
    blocks, clusters = (np.array(each) for each in zip(*cells, strict=True))
    return blocks, clusters, (clusters < LOW).astype(float)


def first(columns: Array) -> Array:
    return np.eye(columns.shape[1])[0]


def test_every_row_a_cluster_gives_hc2_of_statsmodels() -> None:
    blocks, _, low = panel()
    columns = within(blocks, low)
    y = np.random.default_rng(1).normal(size=len(low)) * (1 + low)
    ours = found(design(columns, first(columns), np.arange(len(low))), y[None])
    theirs = sm.OLS(y, columns).fit(cov_type="HC2")
    assert ours.estimate == pytest.approx(theirs.params[0])
    assert ours.error == pytest.approx(theirs.bse[0])


def test_the_jackknife_by_language_is_that_of_pyfixest() -> None:
    blocks, clusters, low = panel()
    columns = within(blocks, low)
    y = np.random.default_rng(2).normal(size=len(low))
    ours = jackknifed(design(columns, first(columns), clusters), y[None])
    frame = pd.DataFrame({"y": y, "low": low, "task": blocks, "language": clusters})
    plain = pyfixest.ssc(k_adj=False, G_adj=False)
    fitted = pyfixest.feols("y ~ low + C(task)", frame, vcov={"CRV3": "language"}, ssc=plain)
    assert ours.estimate == pytest.approx(fitted.coef()["low"])
    # Without its corrections pyfixest leaves out the jackknife's factor (G - 1) / G.
    assert ours.error**2 == pytest.approx(fitted.se()["low"] ** 2 * (LANGUAGES - 1) / LANGUAGES)
    assert ours.dof == LANGUAGES - 1


def test_one_row_a_language_gives_the_degrees_of_freedom_of_welch() -> None:
    """Two groups of independent rows: Satterthwaite's degrees of freedom of the two-sample test at equal variances."""
    low = np.array([1.0] * 4 + [0.0] * 9)
    columns = within(np.zeros(13, int), low)
    maps = design(columns, first(columns), np.arange(13))
    shares = np.array([1 / 4, 1 / 9])
    assert maps.dof == pytest.approx(shares.sum() ** 2 / np.sum(shares**2 / np.array([3, 8])))


def test_a_level_with_one_language_has_no_error() -> None:
    blocks, clusters, _ = panel()
    columns = within(blocks, (clusters == 0).astype(float))
    assert design(columns, first(columns), clusters).alone == (0,)
    lone_in_one_task = within(blocks, ((clusters == 0) | ((clusters == 1) & (blocks > 0))).astype(float))
    assert design(lone_in_one_task, first(lone_in_one_task), clusters).alone == ()


def test_what_columns_cannot_tell_is_refused() -> None:
    blocks, clusters, _ = panel()
    columns = within(blocks, (blocks == 1).astype(float))
    with pytest.raises(ValueError, match="cannot tell"):
        design(columns, first(columns), clusters)


def simulated(shock: float, repetitions: int = 1_000) -> Array:
    """Outcomes (repetitions, 3 seeds, rows) without a contrast; `shock` moves low-resource languages of a seed."""
    _, clusters, low = panel()
    draw = np.random.default_rng(3)
    mean = draw.normal(size=(repetitions, 1, LANGUAGES))[..., clusters] + draw.normal(size=(repetitions, 1, len(low)))
    each = draw.normal(size=(repetitions, 3, len(low))) + shock * draw.normal(size=(repetitions, 3, 1)) * low
    return np.asarray(mean + each)


def test_the_test_has_its_level_and_the_gate_holds_it_where_checkpoints_hit_one_level() -> None:
    blocks, clusters, low = panel()
    columns = within(blocks, low)
    maps = design(columns, first(columns), clusters)
    plain, shocked = simulated(0.0), simulated(2.0)
    assert 0.03 < np.mean(found(maps, plain).p() < 0.05) < 0.065
    assert np.mean(found(maps, shocked).p() < 0.05) < 0.075
    ungated = found(maps, shocked.mean(axis=1, keepdims=True))
    assert np.mean(ungated.p() < 0.05) > 0.12
    assert np.mean(found(maps, plain).added) < 0.2 < np.mean(found(maps, shocked).added)


def test_a_contrast_that_is_there_is_inside_the_interval() -> None:
    blocks, clusters, low = panel()
    columns = within(blocks, low)
    result = found(design(columns, first(columns), clusters), simulated(0.0) + 5 * low)
    assert result.estimate.mean() == pytest.approx(5, abs=0.05)
    assert 0.935 < np.mean(np.abs(result.estimate - 5) <= result.margin) < 0.97
