"""Slopes and means as weights of gains, and what seeds do to single scores."""

from typing import Any

import numpy as np
import pytest

from harness.analysis.inference.panel import panel, seed_kind
from harness.analysis.inference.results import Pairing
from harness.analysis.inference.rows import Question, Rows, rows
from harness.analysis.inference.spreads import pairing, spreads
from harness.analysis.inference.weights import mean_weights, slope_weights
from harness.analysis.values import Missing
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: outcomes
models: [xlm_r/base]
intermediate: [anli, hellaswag]
epochs: [1, 10, 100]
batch_size: 8
targets: [{task: udpos, languages: [af, de, fr, te]}]
seeds: SEEDS
"""


def seeds_of(leaf: Evaluate) -> tuple[int, int]:
    """The intermediate seed, 0 without one, and the target seed."""
    stages = {phase.role: phase.recipe.seed for phase in lineage(leaf)}
    return stages.get("intermediate", 0), stages["target"]


def answered(make: Any, seeds: str, score: Any) -> Any:
    study = make.study(SWEEP.replace("SEEDS", seeds))
    return make.answer(study, make.results(study, score))


def test_a_slope_pooled_over_series_is_that_of_a_regression_with_an_effect_for_each() -> None:
    draw = np.random.default_rng(0)
    x, series = np.array([0.0, 1.0, 2.0, 0.5, 1.0]), np.array([0, 0, 0, 1, 1])
    y = draw.normal(size=5)
    columns = np.column_stack([x, series == 0, series == 1]).astype(float)
    expected = np.linalg.lstsq(columns, y, rcond=None)[0][0]
    assert slope_weights(x, series, np.array([0, 1, 2, 0, 1])) @ y == pytest.approx(expected)


def test_inner_repeats_at_one_amount_are_averaged_and_make_no_slope_of_their_own() -> None:
    one = np.zeros(4, int)
    assert not slope_weights(np.array([1.0, 1.001, 1.002, 1.003]), one, one).any()
    spots = np.array([0, 0, 0, 1])
    found = slope_weights(np.array([0.9, 1.0, 1.1, 2.0]), one, spots)
    assert found == pytest.approx([-1 / 3, -1 / 3, -1 / 3, 1.0])
    assert mean_weights(one, spots) == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])


def test_outcomes_are_slopes_by_seed_in_the_order_of_their_cells(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        epochs = sum(phase.recipe.duration.amount for phase in lineage(leaf) if phase.role == "intermediate")
        start = 40 + 5 * seeds_of(leaf)[1]
        return start + seeds_of(leaf)[1] * {"af": 1, "te": 2}.get(language, 0) * float(np.log10(epochs or 1))

    found = rows(panel(answered(make, "[1, 2, 3]", score).gains), Question())
    assert isinstance(found, Rows)
    assert found.cells == tuple(("xlm_r/base", "udpos", language) for language in ("af", "de", "fr", "te"))
    assert found.outcome == pytest.approx(np.array([[1, 0, 0, 2], [2, 0, 0, 4], [3, 0, 0, 6]]))
    assert found.levels == ("low", "high", "high", "low")
    assert found.headroom == pytest.approx(50.0)


def test_compute_that_is_not_known_makes_slopes_missing_and_means_not(make: Any) -> None:
    study = make.study(SWEEP.replace("SEEDS", "[1, 2]"))
    results = make.results(study)
    lost = study.points[-1].leaves[0]
    stage = next(phase for phase in lineage(lost) if phase.role == "intermediate")
    del results.records[identity(stage)]
    own = panel(make.answer(study, results).gains)
    missing = rows(own, Question())
    assert isinstance(missing, Missing)
    assert missing.reason.startswith("the compute of 1 of 12 points is missing, the first: not finished: ")
    assert isinstance(rows(own, Question("gain")), Rows)


@pytest.mark.parametrize(
    ("seeds", "kind"),
    [
        ("[1, 2]", "intermediate_seed"),
        ("{intermediate: [1, 2], target: [1, 2]}", "intermediate_seed"),
        ("{target: [1, 2]}", "target_seed"),
        ("[1]", None),
    ],
)
def test_seeds_are_the_outermost_of_which_there_are_several(make: Any, seeds: str, kind: str | None) -> None:
    assert seed_kind(answered(make, seeds, lambda leaf, language: 50.0).gains) == kind


def test_the_spread_of_seeds_is_told_by_kind(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        stage, target = seeds_of(leaf)
        return 50.0 + {0: 0, 1: 1, 2: -1}[stage] + {1: 3, 2: -3, 3: 0}[target]

    crossed = answered(make, "{intermediate: [1, 2], target: [1, 2, 3]}", score)
    found = {each.seeds: each for each in spreads(panel(crossed.gains), paired=False)}
    assert {name: each.variance for name, each in found.items()} == {
        "intermediate": pytest.approx(2.0),
        "target": pytest.approx(9.0),
        "target, of the baselines": pytest.approx(9.0),
    }
    assert found["intermediate"].groups == 2 * 3 * 3
    assert pairing(panel(crossed.gains)) == Pairing(pytest.approx(1.0), pytest.approx(0.0))
    together = spreads(panel(answered(make, "[1, 2, 3]", lambda leaf, _: 50.0 + seeds_of(leaf)[1]).gains), paired=True)
    assert [each.seeds for each in together] == ["intermediate and target, together", "target, of the baselines"]


def test_scores_that_do_not_move_together_make_pairing_worth_nothing(make: Any) -> None:
    def score(leaf: Evaluate, language: str) -> float:
        stage, target = seeds_of(leaf)
        return 50.0 + ({1: 1, 2: -2, 3: 1}[target] if stage else {1: 1, 2: 0, 3: -1}[target])

    found = pairing(panel(answered(make, "[1, 2, 3]", score).gains))
    assert isinstance(found, Pairing)
    assert (found.correlation, found.ratio) == (pytest.approx(0.0), pytest.approx(1.0))
    still = pairing(panel(answered(make, "[1, 2]", lambda leaf, language: 50.0).gains))
    assert still == Missing("scores do not differ over target seeds")
