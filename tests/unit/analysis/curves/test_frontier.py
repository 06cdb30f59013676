"""The frontier and the compute to reach a gain, on hand-made rows and on a made study."""

import dataclasses
from typing import Any

import pytest

from harness.analysis.curves.curves import Curve, Series, Spot
from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.frontier import gain_frontiers, reach, round_gains, score_frontiers
from harness.analysis.tables.frontier_tables import frontier_tables
from harness.analysis.values import Missing
from harness.spec.phase import Evaluate, lineage

SERIES = Series("xlm_r/base", "anli", 8, None, None)


def curve(*spots: tuple[float, float, float]) -> Curve:
    """Spots of FLOPs, gain and half of its interval."""
    made = tuple(Spot(x, x, Estimate(y, (y - half, y + half), 3), False) for x, y, half in spots)
    return Curve(SERIES, "low", "epochs", made, Missing("not asked"), "target")


def test_a_gain_is_reached_between_amounts_on_the_logarithm_of_compute() -> None:
    found = reach(curve((1e16, 0.0, 0.5), (1e18, 4.0, 0.5)), 2.0)
    assert found.flops == pytest.approx(1e17)
    assert found.soonest == pytest.approx(10 ** (16 + 2 * 1.5 / 4))
    assert found.latest == pytest.approx(10 ** (16 + 2 * 2.5 / 4))
    assert not found.from_start


def test_what_is_not_reached_is_said_and_nothing_is_read_beyond_what_was_spent() -> None:
    found = reach(curve((1e16, 0.0, 1.0), (1e18, 4.0, 1.0)), 4.5)
    assert found.flops == Missing("not reached")
    assert not isinstance(found.soonest, Missing)
    assert found.latest == Missing("not reached")
    early = reach(curve((1e16, 3.0, 0.5), (1e18, 4.0, 0.5)), 2.0)
    assert (early.flops, early.from_start) == (1e16, True)


def test_a_missing_spot_makes_it_missing_and_one_seed_leaves_its_ends_open() -> None:
    whole = curve((1e16, 0.0, 1.0), (1e18, 4.0, 1.0))
    lost = dataclasses.replace(whole.spots[1], gain=Missing("late"))
    assert reach(dataclasses.replace(whole, spots=(whole.spots[0], lost)), 1.0).flops == Missing("late")
    alone = tuple(dataclasses.replace(spot, gain=Estimate(spot.gain.mean, None, 1)) for spot in whole.spots)
    found = reach(dataclasses.replace(whole, spots=alone), 2.0)
    assert found.flops == pytest.approx(1e17)
    assert found.soonest == found.latest == Missing("no interval")


def test_round_gains_are_the_greatest_that_some_curve_reaches() -> None:
    assert round_gains([curve((1e16, 0.0, 1.0), (1e18, 5.5, 1.0))]) == (1.0, 2.0, 5.0)
    assert round_gains([curve((1e16, -1.0, 1.0))]) == ()


def score(leaf: Evaluate, language: str) -> float:
    """squad_v2 buys less than anli for the same compute; more epochs of it buy nothing."""
    stages = [stage for stage in lineage(leaf) if stage.role == "intermediate"]
    names = [data.task for stage in stages for data in stage.data]
    epochs = sum(stage.recipe.duration.amount for stage in stages)
    seed = next((stage.recipe.seed for stage in lineage(leaf)), 0)
    return 50.0 + (0.5 * epochs if names == ["anli"] else 0.1 * bool(names)) + 0.01 * seed


def test_rows_that_another_beats_are_not_on_the_frontier(make: Any) -> None:
    study = make.study()
    answer = make.answer(study, make.results(study, score))
    (frontier,) = [found for found in score_frontiers(answer.points) if found.measure == "score"]
    best = [(row.at.intermediate, row.at.amount) for row in frontier.rows if row.on_frontier]
    assert best == [("none", None), ("anli", 1), ("anli", 10)]
    (gained,) = [found for found in gain_frontiers(answer.gains) if found.measure == "low"]
    assert [(row.at.intermediate, row.at.amount) for row in gained.rows if row.on_frontier] == [
        ("anli", 1),
        ("anli", 10),
    ]


def test_a_gain_below_nothing_is_beaten_by_doing_nothing(make: Any) -> None:
    study = make.study()
    worse = make.results(study, lambda leaf, language: 50.0 - len(list(lineage(leaf))) - 0.1 * len(language))
    (gained,) = [found for found in gain_frontiers(make.answer(study, worse).gains) if found.measure == "low"]
    assert not any(row.on_frontier for row in gained.rows)


def test_a_row_with_a_missing_number_is_on_neither_side_and_named(make: Any) -> None:
    study = make.study()
    results = make.results(study, score)
    del results.scored[list(results.scored)[-1]]
    answer = make.answer(study, results)
    (frontier,) = [found for found in score_frontiers(answer.points) if found.measure == "score"]
    assert [row.on_frontier for row in frontier.rows].count(None) == 1
    tables = list(frontier_tables(answer))
    assert [table.title.split(":")[0] for table in tables] == [
        "Best scores for their compute",
        "Best gains for their compute",
        "Intermediate FLOPs to reach a gain [95 % interval]",
    ]
    assert any("left out, since a number is missing: xlm_r/base" in note for note in tables[0].notes)
    assert "+5 points" in tables[2].columns
