"""LoRA: where adapters lie, what a stage with them stores, and what it hands on."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness.files.atomic import read_text
from harness.files.layout import folder_of
from harness.spec.model import Architecture, Scratch, TrainTokenizer
from harness.spec.phase import Train
from harness.spec.recipe import Duration, LoRA, Recipe
from harness.spec.task import Data, Part
from harness.worker import adapters, weights
from harness.worker.drawing import drawing
from harness.worker.engine import is_vector
from harness.worker.network import Network, head_specs

MODEL = Architecture("xlm_r", 2, 32, 4, 4, 64, 60, 40)
ENGLISH = (Part("en"),)
PAIRS = Data("nli", 1, "pair", "train", ENGLISH, ("no", "yes"))
TAGS = Data("tags", 1, "tagging", "train", ENGLISH, ("NOUN", "VERB"))
TEXT = Data("mlm", 1, "mlm", "train", text=(Data("toy_text", 1, "mlm", "train", ENGLISH),))
START = Scratch(MODEL, TrainTokenizer("words", 60, TEXT.text), 5)
WHOLE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=1, dropout=0.0)
LORA = LoRA(4, 8.0)
MERGED, KEPT = replace(WHOLE, lora=LORA), replace(WHOLE, lora=replace(LORA, merged=False))
QUERY = "encoder.encoder.layer.1.attention.self.query.weight"
DOWN, UP = (f"adapters.encoder.layer.1.attention.self.query.{matrix}" for matrix in "AB")
IDS = torch.tensor([[0, 7, 8, 9, 2]])


def begun(phase: Train, runs: Path) -> Network:
    """The network of a phase as its first step finds it."""
    network = Network(MODEL, head_specs(phase.data, MODEL), 0.0, phase.recipe.lora)
    weights.load(network, weights.shards_for(phase, runs), drawing(0.02, phase.recipe.seed))
    return network.eval()


def finished(phase: Train, runs: Path) -> Network:
    """The network of a phase whose training moved everything that it may move."""
    network = begun(phase, runs)
    torch.manual_seed(sum(map(ord, str(phase.recipe))))
    for parameter in network.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn(parameter.shape)
    weights.save(network, folder_of(runs, phase).weights, writes=True)
    return network


def states(network: Network) -> Tensor:
    with torch.no_grad():
        return network.encoder(input_ids=IDS).last_hidden_state  # type: ignore[no-any-return]


def values(network: Network) -> dict[str, Tensor]:
    return {name: parameter.detach().clone() for name, parameter in adapters.named(network)}


def test_fresh_adapters_change_nothing_and_only_they_and_heads_are_trained(tmp_path: Path) -> None:
    plain, adapted = (
        begun(Train(START, (PAIRS,), WHOLE, "target"), tmp_path),
        begun(Train(START, (PAIRS,), MERGED, "target"), tmp_path),
    )
    assert torch.equal(states(adapted), states(plain))
    trained = {name for name, parameter in adapters.named(adapted) if parameter.requires_grad}
    assert {name.partition(".")[0] for name in trained} == {"adapters", "heads"}
    assert {name.rpartition(".")[0] for name in trained if name.startswith("adapters.")} == {
        f"adapters.encoder.layer.{layer}.attention.self.{matrix}" for layer in (0, 1) for matrix in ("query", "value")
    }
    assert values(plain).keys() == {name for name in values(adapted) if not name.startswith("adapters.")}
    drawn = values(adapted)[DOWN]
    assert not values(adapted)[UP].any()
    assert drawn.std().item() == pytest.approx((3 * 32) ** -0.5, rel=0.3)  # of 128 numbers


def test_targets_and_layers_are_those_of_the_recipe(tmp_path: Path) -> None:
    lora = LoRA(2, 2.0, targets=("down",), last_layers=1)
    network = begun(Train(START, (PAIRS,), replace(WHOLE, lora=lora), "target"), tmp_path)
    found = {name: tuple(at.shape) for name, at in values(network).items() if name.startswith("adapters.")}
    assert found == {
        "adapters.encoder.layer.1.output.dense.A": (2, 64),
        "adapters.encoder.layer.1.output.dense.B": (32, 2),
    }


def test_a_stage_stores_adapters_and_heads_and_hands_on_their_sum_with_what_lies_below(tmp_path: Path) -> None:
    whole = Train(START, (PAIRS,), WHOLE, "intermediate")
    stage = Train(whole, (TAGS,), MERGED, "intermediate")
    below, network = values(finished(whole, tmp_path)), finished(stage, tmp_path)
    files = {path.name for path in folder_of(tmp_path, stage).weights.iterdir()}
    assert files == {"adapters-00001.safetensors", "heads-00002.safetensors", "index.json"}
    assert '"encoder.' not in read_text(folder_of(tmp_path, stage).weights / "index.json", "an index")
    after = Train(stage, (PAIRS,), WHOLE, "target")
    found = begun(after, tmp_path)
    torch.testing.assert_close(states(found), states(network), rtol=1e-5, atol=1e-6)
    own = values(network)
    assert torch.equal(own[QUERY], below[QUERY])  # frozen
    expected = below[QUERY] + 2.0 * own[UP] @ own[DOWN]
    torch.testing.assert_close(values(found)[QUERY], expected, rtol=1e-6, atol=1e-7)
    again = begun(Train(stage, (PAIRS,), MERGED, "target"), tmp_path)
    assert not values(again)[UP].any()  # the next stage begins with new ones, on the sum
    assert torch.equal(values(again)[QUERY], values(found)[QUERY])
    evaluated = weights.shards_of(stage, tmp_path, heads=True)
    assert torch.equal(evaluated["heads.tags.out.weight"].read(), own["heads.tags.out.weight"])


def test_adapters_that_are_not_merged_go_on(tmp_path: Path) -> None:
    first = Train(START, (TAGS,), KEPT, "intermediate")
    second = Train(first, (PAIRS,), MERGED, "target")
    before, begins = finished(first, tmp_path), begun(second, tmp_path)
    for name in (QUERY, DOWN, UP):
        assert torch.equal(values(begins)[name], values(before)[name])
    ended = finished(second, tmp_path)
    assert not torch.equal(values(ended)[UP], values(before)[UP])
    whole = begun(Train(first, (PAIRS,), WHOLE, "target"), tmp_path)  # what has no adapters begins with the sum
    torch.testing.assert_close(states(whole), states(before), rtol=1e-5, atol=1e-6)
    last = begun(Train(second, (TAGS,), WHOLE, "target"), tmp_path)
    torch.testing.assert_close(states(last), states(ended), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("recipe", [MERGED, KEPT])
def test_the_masked_head_stays_with_its_encoder(tmp_path: Path, recipe: Recipe) -> None:
    masked = Train(START, (TEXT,), recipe, "intermediate")
    between = Train(masked, (TAGS,), recipe, "intermediate")
    own = values(finished(masked, tmp_path))
    finished(between, tmp_path)
    for start in (masked, between):
        found = values(begun(Train(start, (TEXT,), recipe, "intermediate"), tmp_path))
        assert torch.equal(found["heads.mlm.dense.weight"], own["heads.mlm.dense.weight"])


def test_biases_and_norms_do_not_decay(tmp_path: Path) -> None:
    network = begun(Train(START, (PAIRS, TEXT), MERGED, "target"), tmp_path)
    vectors = {name for name, parameter in adapters.named(network) if is_vector(parameter)}
    assert vectors == {name for name, _ in adapters.named(network) if name.endswith(("bias", "orm.weight"))}
    assert not any(name.startswith("adapters.") for name in vectors)
