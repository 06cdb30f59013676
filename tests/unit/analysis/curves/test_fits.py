"""Fits: forms found again in gains made of them, too few amounts, what bands hold, lines along steps, family slopes."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.family_slopes import family_slopes
from harness.analysis.curves.fits import CLOSE, Fit, Fitted, fitted
from harness.analysis.curves.forms import FORMS
from harness.analysis.curves.lines import Profile
from harness.analysis.figures.steps_figure import steps_figure
from harness.analysis.tables.fit_tables import fit_tables
from harness.analysis.values import Missing
from harness.plan.dag import plan
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: fitted
models: [xlm_r/base]
intermediate: [anli, squad_v2]
epochs: [1, 2, 4, 8, 16, 32]
batch_size: [8, 16]
hold: epochs
targets: [{task: udpos, languages: [en, af, mr, te, de, fr, yo]}, {task: xnli, languages: [sw, de, fr]}]
seeds: [1, 2, 3]
"""
X = np.array([1e16, 3e16, 1e17, 3e17, 1e18, 3e18])


def made(form: Callable[[float], float], noise: float = 0.0) -> Callable[[Evaluate, str], float]:
    """Scores that gain `form` of the epochs, with a little noise by phase and language."""

    def score(leaf: Evaluate, language: str) -> float:
        epochs = [stage.recipe.duration.amount for stage in lineage(leaf) if stage.role == "intermediate"]
        seed = next(lineage(leaf)).recipe.seed
        wobble = np.random.default_rng([seed, int(8 * sum(epochs)), *language.encode(), len(leaf.data.task)]).normal()
        return 50.0 + (form(epochs[0]) if epochs else 0.0) + noise * float(wobble)

    return score


def fit_of(make: Any, form: Callable[[float], float], noise: float = 0.1, measure: str = "low") -> Fit:
    study = make.study(SWEEP)
    answer = make.answer(study, make.results(study, made(form, noise)))
    return next(fit for fit in answer.fits if fit.line.measure == measure)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("no trend", lambda epochs: 3.0),
        ("log-linear", lambda epochs: 2.0 * math.log10(epochs)),
        ("saturating", lambda epochs: 6.0 * (1 - math.exp(-epochs / 2))),
        ("power law", lambda epochs: 8.0 - 6.0 * epochs**-0.8),
    ],
)
def test_gains_made_by_a_form_are_fitted_by_it_as_well_as_by_any(
    make: Any, name: str, form: Callable[[float], float]
) -> None:
    fit = fit_of(make, form)
    best, own = fit.best, fit.forms[name]
    assert isinstance(best, Fitted)
    assert own.aicc - best.aicc < CLOSE
    assert (fit.trend is None) == (fit.verdict == "no trend") == (name == "no trend")
    if name in ("saturating", "power law"):
        assert fit.forms["log-linear"].aicc - own.aicc > 10 * CLOSE


def test_a_slope_is_found_with_its_interval(make: Any) -> None:
    fit = fit_of(make, lambda epochs: 2.0 * math.log10(epochs))
    low, high = fit.forms["log-linear"].interval("b")
    assert low < 2.0 < high < low + 0.7


def test_few_amounts_leave_out_what_they_cannot_tell(make: Any) -> None:
    study = make.study(SWEEP.replace("[1, 2, 4, 8, 16, 32]", "[1, 2]"))
    answer = make.answer(study, make.results(study, made(lambda epochs: epochs, 0.1)))
    fit = answer.fits[0]
    assert fit.forms["saturating"] == Missing("2 of the 4 amounts that it takes")
    assert fit.verdict == "not compared: 2 amounts of 3 seeds are too few to compare forms"
    assert isinstance(fit.forms["log-linear"], Fitted)


def test_a_missing_gain_makes_its_line_missing_with_the_reason(make: Any) -> None:
    study = make.study(SWEEP)
    results = make.results(study)
    for key in list(results.scored)[-1:]:
        del results.scored[key]
    fits = make.answer(study, results).fits
    lost = [fit for fit in fits if isinstance(fit.forms["no trend"], Missing)]
    assert 0 < len(lost) < len(fits)
    assert all("not scored yet" in fit.verdict for fit in lost)


def test_a_band_holds_the_truth_95_times_in_100_and_seeds_alone_do_not() -> None:
    """Gains whose slope differs by language; the mean slope over all languages is the truth."""
    draw, inside, seeds_alone = np.random.default_rng(0), 0, 0
    x = np.log10(X / np.exp(np.mean(np.log(X))))
    for _ in range(600):
        slopes, shocks = 2.0 + draw.normal(0, 1.0, 15), draw.normal(0, 0.3, (3, len(X)))
        cells = slopes[None, :, None] * x + shocks[:, None, :] + draw.normal(0, 0.5, (3, 15, len(X)))
        seeds = {str(seed): cells[seed].mean(axis=0) for seed in range(3)}
        away = cells.mean(axis=0) - cells.mean(axis=(0, 1))
        languages = {str(language): away[language] / 15 for language in range(15)}
        for several in (languages, {"all": np.zeros(len(X))}):
            found = fitted(FORMS["log-linear"], Profile(X, seeds, several))
            low, high = found.interval("b")
            inside += (low <= 2.0 <= high) * (several is languages)
            seeds_alone += (low <= 2.0 <= high) * (several is not languages)
    assert 0.93 < inside / 600 <= 0.985
    assert seeds_alone / 600 < 0.9


def test_derivatives_are_those_of_the_form() -> None:
    for form in FORMS.values():
        values = np.array([1.0, 2.0, 0.7])[: len(form.names)]
        for index in range(len(values)):
            step = np.zeros(len(values))
            step[index] = 1e-6
            slope = (form.at(X, X, values + step) - form.at(X, X, values - step)) / 2e-6
            assert form.slopes(X, X, values)[:, index] == pytest.approx(slope, rel=1e-4, abs=1e-9)


def test_gains_that_agree_exactly_are_fitted_without_an_interval() -> None:
    profile = Profile(X, {"1": np.ones(len(X)), "2": np.ones(len(X))}, {"af": np.zeros(len(X)), "sw": np.zeros(len(X))})
    found = fitted(FORMS["log-linear"], profile)
    assert found.values[1] == pytest.approx(0.0)
    assert found.interval("b") is None
    assert found.band(X) is None


def test_lines_along_steps_are_there_where_batch_sizes_took_the_same_flops(make: Any) -> None:
    study = make.study(SWEEP)
    results = make.results(study, made(lambda epochs: epochs, 0.1))
    for key, record in results.records.items():
        results.records[key] = _with_steps(study, key, record)
    answer = make.answer(study, results)
    along = [fit.line for fit in answer.fits if fit.line.axis == "steps" and fit.line.measure == "low"]
    assert [line.label for line in along][:2] == ["anli · 1 epochs", "anli · 2 epochs"]
    assert [x for x, _ in along[1].spots] == [200.0, 400.0]
    assert steps_figure(answer) is not None
    titles = [table.title for table in fit_tables(answer)]
    assert any("optimiser steps" in title for title in titles)


def test_without_several_batch_sizes_there_is_nothing_along_steps(make: Any) -> None:
    study = make.study(SWEEP.replace("[8, 16]", "8"))
    answer = make.answer(study)
    assert {fit.line.axis for fit in answer.fits} == {"flops"}
    assert steps_figure(answer) is None


def test_a_family_has_the_slope_within_its_lines_whatever_their_levels(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        level = 10.0 * any("squad" in data.task for stage in lineage(leaf) for data in stage.data)
        return made(lambda epochs: 1.5 * math.log10(epochs), 0.05)(leaf, language) + level

    study = make.study(SWEEP)
    answer = make.answer(study, make.results(study, score))
    found = [each for each in family_slopes(fit.line for fit in answer.fits) if each.measure == "high"]
    (own,) = found
    assert (own.family, own.method, own.lines) == ("xlm_r", "full fine-tuning", 4)
    assert isinstance(own.slope, Estimate)
    assert own.slope.mean == pytest.approx(1.5, abs=0.1)
    table = next(fit_tables(answer))
    assert table.sections[0][0][:4] == ("xlm_r", "full fine-tuning", "", "4")


def _with_steps(study: Any, key: str, record: Any) -> Any:
    phase = next(phase for phase in plan(study.leaves) if identity(phase) == key)
    if getattr(phase, "role", None) != "intermediate":
        return record
    steps = int(phase.recipe.duration.amount * 1600 / phase.recipe.batch_size)
    return dataclasses.replace(record, cost=dataclasses.replace(record.cost, steps=steps))
