"""A least-squares contrast with errors clustered on language: CR2 with Satterthwaite's degrees of freedom.

What depends on the design alone is prepared once, as linear maps, and is then applied to any number of outcomes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri, stdtr, stdtrit

Array = NDArray[np.float64]
Ints = NDArray[np.int_]

CONFIDENCE = 0.95
# Seeds that differ more than languages and test items explain, by an F test at this quantile, become part of the error.
# Chosen by simulation: always adding them makes intervals too wide, never adding them too narrow (docs/statistics.md).
GATE = 0.85
NOTHING = 1e-9  # of an eigenvalue of a residual maker, which lie in [0, 1]


@dataclass(frozen=True)
class Design:
    """A contrast of `n` rows in clusters, as linear maps of an outcome.

    `weights` (n,) give the estimate. `scores` (n, clusters) give what each cluster adds: the variance is the sum of
    their squares. `changes` (n, clusters) give how the estimate changes without each cluster. `dof` are those of
    Satterthwaite. `alone` are the clusters without which there would be no estimate, so that no error can be had.
    """

    weights: Array
    scores: Array
    changes: Array
    dof: float
    alone: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """Estimates with their standard errors and degrees of freedom; `added` where seeds became part of the error."""

    estimate: Array
    error: Array
    dof: Array
    added: NDArray[np.bool_]

    @property
    def margin(self) -> Array:
        """Half the width of the interval."""
        return np.asarray(stdtrit(self.dof, (1 + CONFIDENCE) / 2) * self.error)

    def p(self, value: float = 0.0) -> Array:
        """Two-sided against `value`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * stdtr(self.dof, -np.abs((self.estimate - value) / self.error)))


def design(columns: Array, contrast: Array, clusters: Ints) -> Design:
    """The contrast `contrast` (k,) of the coefficients of `columns` (n, k), rows in `clusters` 0, 1, ... (n,).

    CR2 (Bell and McCaffrey 2002): residuals of a cluster are multiplied by the inverse symmetric root of its block of
    the residual maker, which makes the variance unbiased where rows are independent and alike; a pseudo-inverse where
    that block is singular (Pustejovsky and Tipton 2018). Degrees of freedom match the first two moments of a
    chi-squared under the same independence (Bell and McCaffrey 2002; Imbens and Kolesar 2016). `changes` are those of
    the jackknife by cluster (CR3). Raises ValueError where the columns cannot tell the contrast.
    """
    bread = np.linalg.pinv(columns.T @ columns, hermitian=True)
    if not np.allclose(columns.T @ columns @ bread @ contrast, contrast, atol=1e-8):
        raise ValueError("the columns cannot tell this contrast")
    weights = columns @ bread @ contrast
    count = int(clusters.max()) + 1
    scores, changes = np.zeros((2, len(weights), count))
    alone = []
    for cluster in range(count):
        own = np.flatnonzero(clusters == cluster)
        values, vectors = np.linalg.eigh(np.eye(len(own)) - columns[own] @ bread @ columns[own].T)
        kept = values > NOTHING
        along = vectors.T @ weights[own]
        if np.any(np.abs(along[~kept]) > 1e-6 * np.linalg.norm(weights)):
            alone.append(cluster)
        for map_, power in ((scores, -0.5), (changes, -1.0)):
            part = vectors[:, kept] @ (values[kept] ** power * along[kept])
            map_[:, cluster] = -columns @ bread @ (columns[own].T @ part)
            map_[own, cluster] += part
    products = scores.T @ scores
    dof = np.trace(products) ** 2 / np.sum(products**2) if products.any() else 0.0
    return Design(weights, scores, -changes, float(dof), tuple(alone))


def found(design: Design, outcome: Array) -> Found:
    """What `outcome` (..., seeds, n) says, over its leading axes: the mean over seeds, with languages as the sample.

    Between languages lies all that differs by language, their test items and their share of the noise of checkpoints
    included. What a checkpoint does to one level as a whole does not: it shows in how far estimates of single seeds lie
    apart, and is added where these lie further apart than what languages do with each seed explains.
    """
    mean = outcome.mean(axis=-2)
    estimate = np.asarray(mean @ design.weights)
    languages = np.sum((mean @ design.scores) ** 2, axis=-1)
    dof = np.full(estimate.shape, design.dof)
    seeds = outcome.shape[-2]
    if seeds < 2:
        return Found(estimate, np.sqrt(languages), dof, np.zeros(estimate.shape, bool))
    between = np.var(outcome @ design.weights, axis=-1, ddof=1) / seeds
    deviations = outcome - mean[..., None, :]
    explained = np.mean(np.sum((deviations @ design.scores) ** 2, axis=-1), axis=-1) / (seeds - 1)
    limit = fdtri(seeds - 1, 2 * design.dof, GATE) if design.dof else np.inf
    rounding = 1e-20 * (1 + np.max(outcome**2, axis=(-1, -2)))
    added = between > limit * explained + rounding
    variance = languages + np.where(added, np.maximum(0.0, between - explained), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        both = variance**2 / (languages**2 / design.dof + between**2 / (seeds - 1))
    return Found(estimate, np.sqrt(variance), np.where(added, both, dof), added)


def jackknifed(design: Design, outcome: Array) -> Found:
    """As `found`, with the jackknife by cluster instead (CRV3), and clusters less one as degrees of freedom.

    Squares are taken around the whole estimate (MacKinnon, Nielsen and Webb 2023). Seeds are not added.
    """
    mean = outcome.mean(axis=-2)
    count = design.changes.shape[1]
    error = np.sqrt((count - 1) / count * np.sum((mean @ design.changes) ** 2, axis=-1))
    estimate = np.asarray(mean @ design.weights)
    return Found(estimate, error, np.full(estimate.shape, float(count - 1)), np.zeros(estimate.shape, bool))


def within(blocks: Ints, *columns: Array) -> Array:
    """The columns of a regression with an effect for each block: `columns`, then a dummy per block."""
    dummies: Any = blocks[:, None] == np.arange(int(blocks.max()) + 1)
    return np.column_stack([*columns, dummies.astype(float)])
