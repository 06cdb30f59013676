"""What bounds a step: arithmetic of large batches, the optimizer's bytes of small ones, an evaluation's weights."""

from dataclasses import replace

import pytest

from harness.plan.network.counts import counts
from harness.plan.network.flops import READING, TRAINING, Batch, Pass, batch_cost
from harness.plan.network.size import size
from harness.plan.places.rates import Peak
from harness.plan.places.roofline import Roofline, optimizer_bytes, roofline, weight_bytes
from harness.spec.cluster import Placement
from harness.spec.phase import Evaluate
from harness.spec.recipe import LoRA
from harness.spec.task import Data
from tests.unit.plan.places import DATA, LARGE, train

H100 = Peak(flops=989.4e12, bandwidth=3350e9)
PHASE = train(LARGE)
ALONE = Placement("cuda", 1, 1, "zero1", 32, 1, 8192, 600)
HEAD = 1024 * 1024 + 1024 + 3 * 1024 + 3
PARAMETERS = size(LARGE).parameters + HEAD


def _bound(sequences: int, length: int = 128, placement: Placement = ALONE) -> Roofline:
    batch = Batch(sequences, [length] * sequences, length, None, 0, 0)
    return roofline(PHASE, batch_cost(LARGE, {}, batch, TRAINING).hardware, placement, H100)


def test_small_batches_wait_for_the_optimizer_and_large_ones_for_arithmetic() -> None:
    assert _bound(8).bound == "optimizer"
    assert _bound(32).bound == "compute"
    assert _bound(8).optimizer == _bound(32).optimizer == pytest.approx(28 * PARAMETERS / 3350e9, rel=1e-6)
    assert _bound(32).compute == pytest.approx(4 * _bound(8).compute)


def test_zero_1_shares_the_optimizer_out_and_stage_0_does_not() -> None:
    eight = replace(ALONE, world_size=8)
    assert optimizer_bytes(PHASE, eight) == 28 * PARAMETERS // 8
    assert optimizer_bytes(PHASE, replace(eight, stage=0)) == 28 * PARAMETERS


def test_weights_are_read_in_every_pass_of_every_micro_batch_and_embeddings_looked_up() -> None:
    read = PARAMETERS - size(LARGE).embeddings
    assert weight_bytes(PHASE, ALONE) == 2 * (2 * read + PARAMETERS)
    assert weight_bytes(PHASE, replace(ALONE, accumulation=4, checkpointing=True)) == 2 * 4 * (3 * read + PARAMETERS)
    assert _bound(1, 8).bound == "optimizer"


def test_embeddings_are_multiplied_with_where_text_is_predicted() -> None:
    text = replace(PHASE, data=(Data("mlm", 1, "mlm", "train"),))
    looked_up = size(LARGE).embeddings - LARGE.vocabulary * LARGE.hidden  # positions and token types
    trained = counts(text).trained
    assert weight_bytes(text, ALONE) == 2 * (2 * (trained - looked_up) + trained)


def test_layers_below_the_first_adapter_are_passed_once() -> None:
    whole, last = (train(LARGE, lora=LoRA(8, 16.0, last_layers=layers)) for layers in (24, 1))
    below = sum(size(LARGE).layers[:-1])
    adapters = 23 * 2 * 8 * (1024 + 1024)
    assert weight_bytes(whole, ALONE) - weight_bytes(last, ALONE) == 2 * (below + 3 * adapters)


def test_an_evaluation_of_few_tokens_waits_for_its_weights() -> None:
    leaf = Evaluate(PHASE, DATA, PHASE.recipe.window, precision="bf16")
    few = batch_cost(LARGE, {}, Batch(1, [20], 20, None, 0, 0), READING).hardware
    found = roofline(leaf, few, ALONE, H100)
    assert (found.bound, found.optimizer) == ("weights", 0)
    assert roofline(leaf, 1000 * few, ALONE, H100).bound == "compute"


def test_lora_leaves_the_optimizer_little_to_do() -> None:
    lora = LoRA(8, 16.0)
    adapted = train(LARGE, lora=lora)
    flops = batch_cost(LARGE, {}, Batch(8, [128] * 8, 128, None, 0, 0), Pass(True, lora)).hardware
    found = roofline(adapted, flops, ALONE, H100)
    assert found.bound == "compute"
    assert found.optimizer < _bound(8).optimizer / 100
