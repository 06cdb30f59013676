"""The contrast by a mixed model: random slopes of languages, crossed with fixed effects of tasks."""

import warnings

import numpy as np
from scipy.special import stdtr, stdtrit
from statsmodels.regression.mixed_linear_model import MixedLM

from harness.analysis.inference.cluster_robust import CONFIDENCE, within
from harness.analysis.inference.contrasts import Numbers, contrast_from
from harness.analysis.inference.results import Contrast
from harness.analysis.inference.rows import Rows
from harness.analysis.values import Missing


def mixed(rows: Rows, unit: str) -> Contrast | Missing:
    """The contrast between levels by REML: each model and task fixed, each language random over its tasks.

    Outcomes are slopes already, so the random effects are random slopes. Seeds are averaged: every row has the same
    ones, so that a random effect of rows beside one of their seeds would change neither the contrast nor its error. The
    interval has as many degrees of freedom as there are languages beyond two. Missing where the fit does not converge.
    """
    dof = len(set(rows.clusters)) - 2
    if dof < 1:
        return Missing("fewer than three languages")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of variances at zero, which are an answer; failures are looked at below
        try:
            model = MixedLM(rows.outcome.mean(axis=0), within(rows.blocks, rows.low), rows.clusters)
            fitted = model.fit(reml=True, method="powell")  # the others stop short of a variance of zero
        except (np.linalg.LinAlgError, ValueError) as error:
            return Missing(f"the mixed model cannot be fitted: {error}")
    estimate, deviation = float(fitted.fe_params[0]), float(fitted.bse_fe[0])
    if not (fitted.converged and np.isfinite(deviation) and deviation > 0):
        return Missing("the mixed model does not converge")
    margin = float(stdtrit(dof, (1 + CONFIDENCE) / 2)) * deviation
    p = float(2 * stdtr(dof, -abs(estimate / deviation)))
    found = Numbers(estimate, (estimate - margin, estimate + margin), p, deviation, float(dof), False)
    return contrast_from(rows, found, unit)
