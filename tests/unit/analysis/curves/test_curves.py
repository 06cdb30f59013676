"""Gains against compute: slopes, intervals over seeds, and what is said where there is none."""

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from scipy import stats

from harness.analysis.curves.curves import Curve
from harness.analysis.curves.estimates import Estimate, estimate, slope
from harness.analysis.values import Missing
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: curve
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 10, 100]
batch_size: [8, 16]
hold: epochs
targets: [{{task: udpos, languages: [en, af, de]}}]
seeds: {seeds}
"""


def curves(make: Any, seeds: str, score: Callable[[Evaluate, str], float]) -> dict[tuple[Any, str], Curve]:
    study = make.study(SWEEP.format(seeds=seeds))
    answer = make.answer(study, make.results(study, score))
    return {(curve.series.batch_size, curve.measure): curve for curve in answer.curves}


def seed_of(leaf: Evaluate) -> int:
    return next(phase.recipe.seed for phase in lineage(leaf))


def epochs_of(leaf: Evaluate) -> float:
    return sum(phase.recipe.duration.amount for phase in lineage(leaf) if phase.role == "intermediate")


def rising(leaf: Evaluate, language: str) -> float:
    """Exactly `seed + 1` points per tenfold epochs, in low-resource languages twice that, on a baseline of its own."""
    epochs = epochs_of(leaf)
    step = (seed_of(leaf) + 1) * (2 if language == "af" else 1)
    return 40.0 + 7 * seed_of(leaf) + (step * (1 + math.log10(epochs)) if epochs else 0.0)


def test_slopes_are_points_per_tenfold_flops_with_an_interval_over_seeds(make: Any) -> None:
    found = curves(make, "[1, 2, 3]", rising)
    for batch in (8, 16):
        curve = found[(batch, "high")]
        assert [spot.flops for spot in curve.spots] == [1e9, 1e10, 1e11]
        assert isinstance(curve.slope, Estimate)
        assert curve.slope.mean == pytest.approx(3.0)
        low, high = stats.t.interval(0.95, 2, loc=3.0, scale=stats.sem([2.0, 3.0, 4.0]))
        assert curve.slope.interval == pytest.approx((low, high))
        assert found[(batch, "low")].slope.mean == pytest.approx(6.0)
    assert found[(8, "high")].verdict == "gain rises by 3.0 [0.5, 5.5] points per tenfold compute"


def test_one_seed_has_no_interval_and_says_so(make: Any) -> None:
    curve = curves(make, "[1]", rising)[(8, "low")]
    assert curve.slope.interval is None
    assert all(spot.gain.interval is None for spot in curve.spots)
    assert curve.verdict == "+4.0 points per tenfold compute; no interval: one seed"


def test_noise_is_called_noise(make: Any) -> None:
    def noisy(leaf: Evaluate, language: str) -> float:
        return 50.0 + (seed_of(leaf) - 2) * math.log10(epochs_of(leaf) or 1)

    assert curves(make, "[1, 2, 3]", noisy)[(8, "score")].verdict.startswith("within noise: +0.0 [")


def test_target_seeds_inside_one_intermediate_seed_are_no_replicates(make: Any) -> None:
    found = curves(make, "{intermediate: [1, 2], target: [1, 2, 3]}", rising)[(8, "high")]
    assert found.seeds == "intermediate"
    assert found.slope.seeds == 2


def test_a_missing_score_makes_its_spot_and_the_slope_missing(make: Any) -> None:
    study = make.study(SWEEP.format(seeds="[1]"))
    results = make.results(study, rising)
    del results.scored[identity(study.points[1].leaves[0])]
    answer = make.answer(study, results)
    curve = next(curve for curve in answer.curves if curve.measure == "low" and curve.series.batch_size == 8)
    assert [isinstance(spot.gain, Missing) for spot in curve.spots] == [True, False, False]
    assert curve.verdict == "no slope: udpos: af: not scored yet"


def test_a_gain_is_paired_with_the_baseline_of_its_own_seeds(make: Any) -> None:
    study = make.study(SWEEP.format(seeds="[1, 2]"))
    answer = make.answer(study, make.results(study, rising))
    for gain in answer.gains:
        assert gain.baseline.at.target_seed == gain.at.target_seed
        expected = (gain.at.target_seed + 1) * (1 + math.log10(gain.at.amount or 1))
        assert gain.cells["udpos"]["de"] == pytest.approx(expected)
        assert gain.tasks["udpos"] == pytest.approx(expected * 4 / 3)


def test_estimates_and_slopes_agree_with_scipy_and_numpy() -> None:
    values = [1.0, 4.0, 2.5, -3.0]
    found = estimate(values)
    assert found.interval == pytest.approx(stats.t.interval(0.95, 3, loc=numpy.mean(values), scale=stats.sem(values)))
    assert slope([1.0, 2.0, 4.0], values[:3]) == pytest.approx(numpy.polyfit([1.0, 2.0, 4.0], values[:3], 1)[0])
    with pytest.raises(ValueError, match="two distinct"):
        slope([1.0, 1.0], [2.0, 3.0])
