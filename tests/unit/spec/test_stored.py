"""Which stages a phase reads: with adapters, its whole lineage down to weights that were stored whole."""

from dataclasses import replace

import pytest

from harness.spec.model import Architecture, Pretrained, Scratch, TrainTokenizer
from harness.spec.phase import Evaluate, Model, Train, beneath, continued, parents, stored
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.task import Data, Part

MODEL = Architecture("xlm_r", 2, 32, 4, 4, 64, 60, 40)
PAIRS = Data("nli", 1, "pair", "train", (Part("en"),), ("no", "yes"))
WORDS = TrainTokenizer("words", 60, (PAIRS,))
WHOLE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=1)
MERGED, KEPT = replace(WHOLE, lora=LoRA(4, 8.0)), replace(WHOLE, lora=LoRA(4, 8.0, merged=False))
SCRATCH, HUB = Scratch(MODEL, WORDS, 0), Pretrained("someone/tiny", "0" * 40, MODEL)


def chain(start: Model, *recipes: Recipe) -> tuple[Train, ...]:
    """Stages one after another; seeds tell them apart."""
    stages: list[Train] = []
    for seed, recipe in enumerate(recipes):
        stages.append(Train(stages[-1] if stages else start, (PAIRS,), replace(recipe, seed=seed), "intermediate"))
    return tuple(stages)


def test_without_adapters_the_stage_before_is_enough() -> None:
    first, second, third = chain(SCRATCH, WHOLE, WHOLE, WHOLE)
    assert parents(third) == (WORDS, second)
    assert parents(Evaluate(first, PAIRS)) == (WORDS, first)


def test_adapters_are_read_with_everything_that_they_lie_on() -> None:
    whole, first, second, third = chain(SCRATCH, WHOLE, MERGED, MERGED, WHOLE)
    assert parents(first) == (WORDS, whole)
    assert parents(third) == (WORDS, second, first, whole)
    assert parents(Evaluate(second, PAIRS)) == (WORDS, second, first, whole)
    assert parents(Evaluate(third, PAIRS)) == (WORDS, third)
    assert tuple(stored(chain(HUB, MERGED)[0])) == chain(HUB, MERGED)


def test_adapters_that_went_on_hold_what_came_before_them() -> None:
    whole, first, second, third = chain(HUB, WHOLE, KEPT, KEPT, WHOLE)
    assert (continued(first), continued(second), continued(third)) == (None, first, None)
    assert (beneath(first), beneath(second), beneath(third)) == (whole, whole, second)
    assert parents(second) == (first, whole)
    assert parents(third) == (second, whole)


@pytest.mark.parametrize("recipe", [WHOLE, MERGED])
def test_merged_and_whole_stages_are_never_gone_on_with(recipe: Recipe) -> None:
    assert continued(chain(HUB, recipe, KEPT)[1]) is None
