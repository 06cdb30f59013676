"""Power by formula is what a simulation of the whole test gives; more seeds help only against what seeds do."""

from dataclasses import replace
from math import inf, sqrt
from typing import Any

import numpy as np
import pytest

from harness.analysis.inference.cluster_robust import found as estimated
from harness.analysis.inference.power import (
    WANTED,
    Cell,
    Layout,
    Power,
    design_of,
    item_variances,
    layout,
    power,
    variances,
)
from harness.analysis.tables.power_tables import power_tables
from harness.analysis.values import Missing
from harness.plan.sweeps.analysis_spec import AnalysisSpec, Spreads

REPETITIONS = 4000
STUDY = """
name: planned
models: [xlm_r/base]
intermediate: [anli, squad_v2]
epochs: [1, 10]
batch_size: [8, 16]
hold: epochs
controls: [shuffled_labels]
targets: [{task: udpos, languages: [en, af, de]}]
seeds: {intermediate: [1, 2], target: [1, 2, 3]}
"""


def _cells() -> tuple[Cell, ...]:
    """Thirty languages, ten of them low-resource, in four tasks that have some of each."""
    return tuple(
        Cell("m", f"t{task}", f"l{language:02d}", language < 10, 200 + 100 * language)
        for task in range(4)
        for language in range(30)
        if (language + task) % 3
    )


def _layout(**changes: Any) -> Layout:
    made = Layout(_cells(), (0.0, 0.3, 0.6), 2, 3, 3, 3, "low_minus_high_slope")
    return replace(made, **changes)


def _power(made: Layout, spec: AnalysisSpec) -> Power:
    found = power(made, spec)
    assert isinstance(found, Power)
    return found


@pytest.mark.parametrize(
    "spreads",
    [
        Spreads(checkpoint=0.0),
        Spreads(language=3.0, cell=0.5, run=0.5, checkpoint=0.0),
        Spreads(language=0.2, cell=0.2, run=3.0, checkpoint=0.0, items=100),
        Spreads(checkpoint=0.5),
        Spreads(checkpoint=2.0),
    ],
)
def test_the_formula_is_what_a_simulation_of_the_test_gives(spreads: Spreads) -> None:
    """At the detectable difference 80 % of simulated studies must exclude zero: three errors of a share are 1.9 %."""
    made, spec = _layout(), AnalysisSpec(power=spreads)
    difference = _power(made, spec).cases[0].detectable
    rng, maps = np.random.default_rng(7), design_of(made)
    low = np.array([cell.low for cell in made.cells])
    _, languages = np.unique([cell.language for cell in made.cells], return_inverse=True)
    noise = made.noise(made.amounts, 1) * made.seeds  # of one seed
    per_seed = np.sqrt(noise * (spreads.run**2 + item_variances(made, spreads)))
    shape = (REPETITIONS, made.seeds, len(low))
    slopes = difference * low + spreads.language * rng.normal(size=(REPETITIONS, 30))[:, languages]
    slopes = slopes + spreads.cell * rng.normal(size=slopes.shape)
    shocks = spreads.checkpoint * sqrt(noise) * rng.normal(size=(REPETITIONS, made.seeds, 1)) * low
    result = estimated(maps, slopes[:, None, :] + per_seed * rng.normal(size=shape) + shocks)
    assert np.mean(result.p() < spec.alpha) == pytest.approx(WANTED, abs=0.03)
    parts = variances(made, maps, spreads, made.noise(made.amounts, 1))
    assert np.std(result.estimate) == pytest.approx(sqrt(sum(parts.values())), rel=0.05)


def test_seeds_help_against_seeds_and_not_against_languages() -> None:
    noisy = _power(_layout(), AnalysisSpec(power=Spreads(language=0.1, cell=0.1, run=5.0)))
    varied = _power(_layout(), AnalysisSpec(power=Spreads(language=4.0, cell=4.0, run=0.1, checkpoint=0.0)))
    gained = [found.cases[4].detectable / found.cases[0].detectable for found in (noisy, varied)]
    assert gained[0] < 0.2 and gained[1] > 0.95
    assert noisy.shares["seeds"] > 0.9 and varied.shares["languages"] > 0.9
    assert sum(noisy.shares.values()) == pytest.approx(1)
    told = [next(power_tables(found)).notes[1] for found in (noisy, varied)]
    assert told[0].startswith("more seeds would help:") and told[1].startswith("more seeds would help little:")


def test_cases_are_more_seeds_and_more_amounts() -> None:
    cases = _power(_layout(), AnalysisSpec()).cases
    assert [(case.seeds, case.amounts) for case in cases] == [(3, 3), (6, 3), (9, 3), (15, 3), (inf, 3), (3, 5), (3, 4)]
    assert cases[0].error > cases[5].error > cases[6].error  # a wider range is worth more than a denser one


def test_a_shock_to_a_whole_level_costs_degrees_of_freedom() -> None:
    calm, shaken = (_power(_layout(), AnalysisSpec(power=Spreads(checkpoint=one))).cases[0] for one in (0.0, 5.0))
    assert shaken.detectable / shaken.error > calm.detectable / calm.error


def test_a_layout_is_read_from_a_study(make: Any) -> None:
    cells = [
        Cell("xlm_r/base", "udpos", "af", True, None),
        Cell("xlm_r/base", "udpos", "de", False, None),
        Cell("xlm_r/base", "xquad", "de", False, 1190),
    ]
    found = layout(make.study(STUDY), cells, "low_minus_high_slope")
    assert isinstance(found, Layout)
    assert {cell.task for cell in found.cells} == {"udpos"}  # XQuAD has no low-resource language here
    assert (found.amounts, found.series, found.runs, found.seeds, found.baselines) == ((0.0, 1.0), 4, 6, 2, 3)


@pytest.mark.parametrize(
    ("text", "cells", "reason"),
    [
        (STUDY, [Cell("m", "udpos", "af", True, None)], "no task has both"),
        (
            STUDY.replace("[1, 10]", "1"),
            [Cell("m", "udpos", "af", True, None), Cell("m", "udpos", "de", False, None)],
            "one amount of compute",
        ),
    ],
)
def test_what_has_no_power_says_why(make: Any, text: str, cells: list[Cell], reason: str) -> None:
    found = layout(make.study(text), cells, "low_minus_high_slope")
    assert isinstance(found, Missing) and reason in found.reason


def test_one_language_of_a_level_is_too_few() -> None:
    cells = tuple(Cell("m", "t", name, name == "af", 100) for name in ("af", "de", "fr"))
    assert isinstance(power(_layout(cells=cells), AnalysisSpec()), Missing)


def test_mean_gains_share_the_noise_of_their_baselines() -> None:
    gains = _layout(question="low_minus_high_gain")
    assert gains.noise(gains.amounts, 1) == pytest.approx(1 / (2 * 3 * 3) + 1 / 3)
    assert gains.noise(gains.amounts, inf) == 0


def test_over_target_more_the_control_adds_its_noise_and_untrained_tasks_do_not_count(make: Any) -> None:
    plain, other = _layout(), _layout(over="target_more")
    assert other.noise(other.amounts, 1) == 2 * plain.noise(plain.amounts, 1)
    text = STUDY.replace("shuffled_labels", "target_more").replace(
        "targets: [", "targets: [{task: tatoeba, languages: [af, de], train: []}, "
    )
    cells = [Cell("m", task, name, name == "af", 100) for task in ("udpos", "tatoeba") for name in ("af", "de")]
    found = layout(make.study(text), cells, "low_minus_high_slope", "target_more")
    assert isinstance(found, Layout)
    assert {cell.task for cell in found.cells} == {"udpos"}


def test_the_least_level_that_can_be_asked_for_has_a_detectable_difference() -> None:
    found = _power(_layout(), AnalysisSpec(alpha=1e-4))
    assert found.cases[0].detectable > _power(_layout(), AnalysisSpec()).cases[0].detectable
    assert "at 0.01%" in next(iter(power_tables(found))).title


def test_a_difference_far_beyond_the_error_is_found_for_certain() -> None:
    small = Spreads(language=0.0, cell=0.0, run=0.1, checkpoint=0.0, items=10**9)
    found = _power(_layout(), AnalysisSpec(difference=20.0, power=small))
    assert all(case.power == pytest.approx(1.0, abs=1e-6) for case in found.cases)
    detectable = [case.detectable for case in found.cases[:5]]
    assert detectable == sorted(detectable, reverse=True)
