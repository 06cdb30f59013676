"""Few leaves that show every kind: the longest lineage before many short ones, and nothing twice."""

from dataclasses import replace

from harness.plan.cover import least
from harness.plan.dag import Plan
from harness.spec.identity import identity
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Train
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data

MODEL = Pretrained("made/up", None, Architecture("xlm_r", 2, 8, 2, 2, 16, 100))
RECIPE = Recipe(Duration("steps", 1.0), 8, 1e-3, 0)


def stage(start: Pretrained | Train, seed: int) -> Train:
    return Train(start, (Data("made", 1, "pair", "train"),), replace(RECIPE, seed=seed), "intermediate")


def kinds(**phases: Train) -> dict[str, str]:
    """By id, what a phase is called up to its first digit."""
    return {identity(phase): name.rstrip("0123456789") for name, phase in phases.items()}


def chosen(phases: Plan, named: dict[str, str]) -> list[str]:
    return sorted(named[identity(phase)] for phase in least(phases, named))


def test_a_leaf_shows_the_kinds_of_its_lineage() -> None:
    first = stage(MODEL, 1)
    second = stage(first, 2)
    assert chosen((first, second), kinds(first=first, second=second)) == ["second"]


def test_of_phases_that_show_the_same_one_is_taken() -> None:
    every = tuple(stage(MODEL, seed) for seed in range(5))
    assert least(every, {identity(phase): "same" for phase in every}) == every[:1]


def test_what_shows_more_for_each_phase_comes_first_and_what_others_show_is_left_out() -> None:
    trunk = stage(MODEL, 1)
    long = stage(stage(trunk, 2), 3)
    middle, other = long.start, stage(trunk, 4)
    assert isinstance(middle, Train)
    named = kinds(a=trunk, b=middle, c=long, b1=other)
    assert chosen((trunk, middle, long, other), named) == ["c"]
    named = kinds(a=trunk, b=middle, c=long, d=other)
    assert chosen((trunk, middle, long, other), named) == ["c", "d"]
