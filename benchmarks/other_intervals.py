"""Intervals that the project does not use, for benchmarks/coverage.py: two bootstraps, and pyfixest's CRV3."""

import numpy as np
import pandas as pd
import pyfixest
from numpy.typing import NDArray

from benchmarks.simulated_study import SimulatedStudy

Array = NDArray[np.float64]

DRAWS = 399


def nested_bootstrap(study: SimulatedStudy, outcome: Array, seed: int) -> tuple[Array, Array]:
    """Percentile intervals (repetitions,) of a bootstrap of tasks, and of languages of each level within each task.

    `outcome` is (repetitions, cells). A language that occurs in several tasks is drawn anew in each.
    """
    rng = np.random.default_rng(seed)
    weights = np.array([_nested_weights(study, rng) for _ in range(DRAWS)])
    low, high = np.quantile(outcome @ weights.T, [0.025, 0.975], axis=1)
    return low, high


def wild_bootstrap(study: SimulatedStudy, outcome: Array, truth: float, seed: int) -> NDArray[np.bool_]:
    """Whether a wild cluster bootstrap-t of restricted residuals rejects `truth`, at 5 % (repetitions,).

    Signs are drawn by language; errors are CR1 (Cameron, Gelbach and Miller 2008). `outcome` is (repetitions, cells).
    """
    member = np.eye(study.languages.max() + 1)[study.languages]
    tasks = np.eye(study.tasks.max() + 1)[study.tasks]
    restricted = np.eye(len(tasks)) - tasks @ np.linalg.pinv(tasks)
    columns = np.column_stack([study.low, tasks])
    whole = np.eye(len(tasks)) - columns @ np.linalg.pinv(columns)
    own = member * study.design.weights[:, None]
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(member.shape[1], DRAWS))
    rejected = []
    for y in outcome:
        left = restricted @ (y - truth * study.low)
        spread = member * left[:, None]  # (cells, clusters)
        observed = abs(study.design.weights @ left) / np.linalg.norm(own.T @ (whole @ left))
        drawn = np.abs(study.design.weights @ spread @ signs) / np.linalg.norm(own.T @ whole @ spread @ signs, axis=0)
        rejected.append((1 + np.sum(drawn >= observed * (1 - 1e-9))) / (1 + DRAWS) < 0.05)
    return np.array(rejected)


def pyfixest_crv3(study: SimulatedStudy, outcome: Array) -> tuple[float, float]:
    """Estimate and CRV3 error of pyfixest on one outcome (cells,), with the jackknife's factor (G - 1) / G.

    Without its own corrections pyfixest's variance is the sum of squares over the G clusters, without that factor.
    """
    frame = pd.DataFrame({"y": outcome, "low": study.low, "task": study.tasks, "language": study.languages})
    plain = pyfixest.ssc(k_adj=False, G_adj=False)
    fitted = pyfixest.feols("y ~ low + C(task)", frame, vcov={"CRV3": "language"}, ssc=plain)
    count = study.languages.max() + 1
    return float(fitted.coef()["low"]), float(fitted.se()["low"] * np.sqrt((count - 1) / count))


def _nested_weights(study: SimulatedStudy, rng: np.random.Generator) -> Array:
    """The weights of cells in the mean over tasks of low minus high, of one draw."""
    weights, count = np.zeros(len(study.low)), study.tasks.max() + 1
    for task in rng.integers(count, size=count):
        for level, sign in ((1, 1.0), (0, -1.0)):
            cells = np.flatnonzero((study.tasks == task) & (study.low == level))
            np.add.at(weights, rng.choice(cells, len(cells)), sign / len(cells) / count)
    return weights
