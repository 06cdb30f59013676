"""Concurrent tasks: whatever the rule, an epoch keeps its steps, every task has some, and identity is stable."""

import pytest

from harness.plan.costs.mixing import steps_of_tasks
from harness.spec.errors import HarnessError
from harness.spec.load import build, dump
from harness.spec.recipe import Duration, Mixing, Recipe, amended

BASE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=3)
NAMES = ("large", "middle", "small")
SIZES = (800, 160, 9)  # 100 + 20 + 2 steps


def _recipe(**changes: object) -> Recipe:
    return amended(BASE, changes, "made.yaml")


def _steps(**changes: object) -> tuple[int, ...]:
    return steps_of_tasks(_recipe(**changes), NAMES, SIZES)


def test_without_a_rule_each_task_has_one_pass() -> None:
    assert _steps() == (100, 20, 2)
    assert _steps(examples_cap=160) == (20, 20, 2)


def test_proportional_said_is_proportional_unsaid() -> None:
    assert _recipe(mixing={"rule": "proportional"}) == BASE
    assert steps_of_tasks(Recipe(BASE.duration, 8, 1e-3, 3, mixing=Mixing("proportional")), NAMES, SIZES) == _steps()


@pytest.mark.parametrize(
    ("mixing", "expected"),
    [
        ({"rule": "uniform"}, (41, 41, 40)),  # 122 / 3 = 40.67: two remainders, to the earlier tasks
        ({"rule": "weights", "weights": {"small": 1, "large": 6, "middle": 3}}, (73, 37, 12)),  # 73.2, 36.6, 12.2
        ({"rule": "temperature", "temperature": 1.0}, (101, 20, 1)),  # 100.72, 20.14, 1.13
        ({"rule": "temperature", "temperature": 1e6}, (41, 41, 40)),
    ],
)
def test_rules_share_the_same_steps_out_by_largest_remainder(
    mixing: dict[str, object], expected: tuple[int, ...]
) -> None:
    assert _steps(mixing=mixing) == expected
    assert sum(expected) == sum(_steps())


def test_a_temperature_lies_between_proportional_and_uniform() -> None:
    found = [_steps(mixing={"rule": "temperature", "temperature": heat})[2] for heat in (1.0, 2.0, 5.0, 100.0)]
    assert found == sorted(found)
    assert len(set(found)) == 4


def test_a_cap_counts_before_the_temperature() -> None:
    assert _steps(mixing={"rule": "temperature", "temperature": 2.0}, examples_cap=9) == (2, 2, 2)


def test_every_task_has_at_least_one_step() -> None:
    weights = {"large": 1e9, "middle": 1.0, "small": 1.0}
    assert _steps(mixing={"rule": "weights", "weights": weights}) == (120, 1, 1)


def test_a_single_task_has_nothing_to_share() -> None:
    assert steps_of_tasks(_recipe(mixing={"rule": "uniform"}), ("small",), (9,)) == (2,)


def test_a_task_without_a_weight_is_named() -> None:
    with pytest.raises(HarnessError, match="there is no weight for 'middle'; give one to every task of the mixture"):
        _steps(mixing={"rule": "weights", "weights": {"large": 1, "small": 1}})


def test_weights_are_one_value_in_whatever_order_they_are_written() -> None:
    one, other = (
        _recipe(mixing={"rule": "weights", "weights": dict(pairs)})
        for pairs in ([("a", 1), ("b", 2.5)], [("b", 2.5), ("a", 1)])
    )
    assert one == other
    assert build(Recipe, dump(one), "record") == one
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("mixing", "sentence"),
    [
        ({"rule": "temperature"}, "give `temperature` with `rule: temperature`"),
        ({"rule": "uniform", "weights": {"a": 1}}, "give `weights` with `rule: weights`"),
        ({"rule": "evenly"}, "'mixing.rule' is \"evenly\", but it should be 'proportional', 'temperature'"),
        ({"rule": "weights", "weights": {"a": 0}}, "greater than 0"),
        ({"rule": "temperature", "temprature": 2}, "unknown key 'mixing.temprature'; did you mean 'temperature'"),
    ],
)
def test_what_mixing_cannot_be(mixing: dict[str, object], sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        _recipe(mixing=mixing)
