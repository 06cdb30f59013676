"""What a record says of its numbers: exact only where nothing is rounded or drawn by each process for itself."""

from dataclasses import replace
from typing import Any

import pytest

from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.task import Data, Part
from harness.worker.agreement import agreement

PAIRS = Data("nli", 1, "pair", "train", (Part("en"),), ("no", "yes"))
RECIPE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=1, dropout=0.0)
START = Pretrained("someone/tiny", "0" * 40, Architecture("xlm_r", 2, 32, 4, 4, 64, 60, 40))
STAGE = Train(START, (PAIRS,), RECIPE, "target")
ZERO3: dict[str, Any] = {"stage": 3, "offload_optimizer": {"device": "cpu"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "exact"),
        ({"lora": LoRA(4, 8.0)}, "exact"),
        ({"lora": LoRA(4, 8.0, dropout=0.1)}, "distribution"),
        ({"dropout": 0.1}, "distribution"),
        ({"precision": "bf16"}, "distribution"),
        ({"communication": "quantised"}, "distribution"),
    ],
)
def test_the_recipe(changes: dict[str, Any], expected: str) -> None:
    stage = replace(STAGE, recipe=replace(RECIPE, **changes))
    assert agreement(stage, {"zero_optimization": ZERO3}) == expected


@pytest.mark.parametrize("phase", [STAGE, Evaluate(STAGE, PAIRS)])
@pytest.mark.parametrize(
    "zero",
    [
        {"zero_quantized_weights": True},
        {"zero_quantized_gradients": True},
        {"offload_param": {"device": "nvme"}},
        {"offload_optimizer": {"device": "nvme"}},
    ],
)
def test_the_strategy(phase: Train | Evaluate, zero: dict[str, Any]) -> None:
    assert agreement(phase, {"zero_optimization": ZERO3}) == "exact"
    assert agreement(phase, {"zero_optimization": {**ZERO3, **zero}}) == "distribution"


def test_an_evaluation_in_bf16() -> None:
    assert agreement(Evaluate(STAGE, PAIRS, precision="bf16"), {"zero_optimization": ZERO3}) == "distribution"
