"""Adapters that cannot be: on matrices or in layers that a model lacks, gone on with in another shape."""

from dataclasses import replace

import pytest

from harness.catalog import find
from harness.plan.sweeps.lora_checks import check_adapters
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.task import Data, Part

PAIRS = Data("nli", 1, "pair", "train", (Part("en"),), ("no", "yes"))
RECIPE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=1)
XLM_R = find.model("xlm_r/tiny").architecture
TARGETS = (
    "^intermediate-nli: lora.targets names 'gate', but the layers of 'xlm_r' have down, key, output, query, up, value$"
)
KEPT = LoRA(4, 8.0, merged=False)


def leaf(*adapters: LoRA, model: Architecture = XLM_R) -> Evaluate:
    """An evaluation behind one stage for each `adapters`."""
    state: Pretrained | Train = Pretrained("someone/tiny", "0" * 40, model)
    for lora in adapters:
        state = Train(state, (PAIRS,), replace(RECIPE, lora=lora), "intermediate")
    return Evaluate(state, PAIRS)


@pytest.mark.parametrize(
    ("adapters", "sentence"),
    [
        ((LoRA(4, 8.0, targets=("gate",)),), TARGETS),
        ((LoRA(4, 8.0, last_layers=3),), "lora.last_layers is 3, but the model has 2 layers$"),
        (
            (LoRA(100_000, 8.0),),
            "lora.rank is 100000, but encoder.layer.0.attention.self.query.weight allows at most 64$",
        ),
        ((KEPT, LoRA(8, 8.0)), r"goes on .* adapters of intermediate-nli, which are not merged, but with another rank"),
        ((KEPT, replace(KEPT, last_layers=1)), "or set `merged: true` in the earlier one"),
    ],
)
def test_one_sentence(adapters: tuple[LoRA, ...], sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        check_adapters(leaf(*adapters))


@pytest.mark.parametrize(
    "adapters",
    [
        (LoRA(4, 8.0, targets=("query", "up"), last_layers=2), LoRA(8, 8.0)),
        (replace(KEPT, targets=("key", "value")), replace(KEPT, targets=("value", "key"), dropout=0.1, merged=True)),
    ],
)
def test_what_can_be(adapters: tuple[LoRA, ...]) -> None:
    check_adapters(leaf(*adapters))
