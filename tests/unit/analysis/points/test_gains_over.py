"""Gains over the control that spends the same FLOPs on the target's own data: who is paired, and what is left out."""

import dataclasses
from typing import Any

import pytest

from harness.analysis.points.gains import gains
from harness.analysis.points.splits import LEVELS
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: more
models: [xlm_r/base]
intermediate: [mnli, squad_v2]
epochs: [1, 2]
batch_size: 8
controls: [target_more, shuffled_labels]
targets:
  - {task: xnli, languages: [en, sw, de]}
  - {task: udpos, languages: [en, af, de, yo]}
  - {task: tatoeba, languages: [af, de], train: []}
seeds: [1, 2]
"""


def score(leaf: Evaluate, language: str) -> float:
    """5 points for anything in between, 2 more where that is another task than the target's own."""
    between = [phase for phase in lineage(leaf) if phase.role == "intermediate"]
    own = any(stage.matches for stage in between)
    return 60.0 + 5.0 * bool(between) + 2.0 * bool(between and not own)


def test_each_point_is_paired_with_the_control_of_its_own_coordinates(make: Any) -> None:
    study = make.study(SWEEP)
    points = make.answer(study, make.results(study, score)).points
    found = gains(points, "target_more")
    assert len(found) == 2 * 2 * 2  # chains, amounts, seeds
    for gain in found:
        assert gain.baseline.at == dataclasses.replace(gain.at, control="target_more")
        assert gain.at.control is None
        assert gain.aggregates["score"] == pytest.approx(2.0)
        assert {level for level in LEVELS if level in gain.aggregates} == {"low", "high", "unseen"}
    assert {gain.at.intermediate: gain.same_source for gain in found} == {"mnli": ("xnli",), "squad_v2": ()}


def test_a_target_that_trains_on_nothing_is_left_out_by_name_and_does_not_take_the_mean_away(make: Any) -> None:
    study = make.study(SWEEP)
    (gain, *_) = gains(make.answer(study, make.results(study, score)).points, "target_more")
    assert gain.cells.keys() == {"xnli", "udpos"}
    assert list(gain.without) == ["tatoeba"]
    assert "trains on nothing" in gain.without["tatoeba"]


def test_a_control_without_scores_makes_the_gain_missing_in_its_name(make: Any) -> None:
    study = make.study(SWEEP)
    results = make.results(study, score)
    points = make.answer(study, results).points
    control = next(point for point in points if point.at.control == "target_more")
    for key in control.leaves:
        del results.scored[key]
    again = {gain.at: gain for gain in gains(make.answer(study, results).points, "target_more")}
    lost = again[dataclasses.replace(control.at, control=None)]
    assert lost.cells["xnli"]["sw"].reason == "target_more: not scored yet"


def test_without_the_control_there_are_no_such_gains(make: Any) -> None:
    assert gains(make.answer(make.study()).points, "target_more") == ()
