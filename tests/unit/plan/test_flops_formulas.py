"""The formulas of FLOPs, without a network: pairs, packing, recomputation, what is frozen, and experts."""

from dataclasses import replace

import pytest

from harness.catalog import find
from harness.plan.network.flops import READING, TRAINING, Batch, Head, Pass, batch_cost
from harness.plan.network.pairs import attending, attending_locally
from harness.plan.network.size import size
from harness.spec.model import Architecture
from harness.spec.recipe import LoRA
from harness.spec.record import Cost

LENGTHS = (3, 7, 12, 12)
ENCODER = find.model("xlm_r/base").architecture
DECODER = Architecture("llama", 4, 64, 4, 2, 160, 1000, gated=True, bidirectional=False)
LOCAL = Architecture("modernbert", 6, 64, 4, 4, 96, 1000, gated=True, window=5, global_every=3)
EXPERTS = replace(DECODER, family="qwen3_moe", experts=8, active_experts=2)
HEADS = {"pairs": Head("pair", 3)}
LORA = LoRA(8, 16.0)


def _cost(architecture: Architecture, through: Pass, packed: bool = False) -> Cost:
    batch = Batch(len(LENGTHS), LENGTHS, max(LENGTHS), "pairs", len(LENGTHS), len(LENGTHS), packed=packed)
    return batch_cost(architecture, HEADS, batch, through)


@pytest.mark.parametrize("window", (1, 2, 4, 5, 40))
@pytest.mark.parametrize("bidirectional", (True, False))
def test_pairs_are_those_that_one_would_count(window: int, bidirectional: bool) -> None:
    architecture = replace(LOCAL, window=window, bidirectional=bidirectional)
    pairs = [(i, j) for length in LENGTHS for i in range(length) for j in range(length) if bidirectional or j <= i]
    reach = (window - 1) // 2 if bidirectional else window - 1
    assert attending(architecture, LENGTHS) == len(pairs)
    assert attending_locally(architecture, LENGTHS) == sum(abs(i - j) <= reach for i, j in pairs)


@pytest.mark.parametrize("architecture", (ENCODER, DECODER, LOCAL, EXPERTS))
@pytest.mark.parametrize("through", (READING, TRAINING, Pass(True, LORA)))
def test_packing_changes_what_is_executed_and_nothing_else(architecture: Architecture, through: Pass) -> None:
    padded, packed = _cost(architecture, through), _cost(architecture, through, packed=True)
    assert replace(packed, hardware=padded.hardware, padded_tokens=padded.padded_tokens) == padded
    assert packed.padded_tokens == packed.real_tokens == sum(LENGTHS)
    assert packed.model <= packed.hardware < padded.hardware


def test_a_packed_encoder_executes_what_the_model_needs() -> None:
    packed = _cost(ENCODER, TRAINING, packed=True)
    assert packed.hardware == packed.model


def test_causal_attention_counts_half_of_the_pairs_and_the_diagonal() -> None:
    causal, lifted = _cost(DECODER, READING), _cost(replace(DECODER, bidirectional=True), READING)
    hidden_pairs = sum(length * (length - 1) // 2 for length in LENGTHS)
    assert lifted.model - causal.model == DECODER.layers * 4 * DECODER.hidden * hidden_pairs
    assert lifted.hardware == causal.hardware


@pytest.mark.parametrize("architecture", (ENCODER, DECODER, LOCAL, EXPERTS))
def test_recomputation_is_one_more_forward_of_the_layers_and_no_model_flops(architecture: Architecture) -> None:
    plain, again = _cost(architecture, TRAINING), _cost(architecture, Pass(True, checkpointing=True))
    bare = batch_cost(architecture, {}, Batch(4, LENGTHS, max(LENGTHS), None, 0, 0), READING)
    assert again.hardware - plain.hardware == bare.hardware
    assert replace(again, hardware=plain.hardware) == plain


def test_nothing_is_computed_again_where_nothing_is_differentiated() -> None:
    assert _cost(ENCODER, Pass(checkpointing=True)) == _cost(ENCODER, READING)
    last = LoRA(8, 16.0, last_layers=2)
    plain, again = _cost(ENCODER, Pass(True, last)), _cost(ENCODER, Pass(True, last, True))
    whole, all_again = _cost(ENCODER, Pass(True, LORA)), _cost(ENCODER, Pass(True, LORA, True))
    assert 6 * (again.hardware - plain.hardware) == all_again.hardware - whole.hardware


def test_frozen_weights_have_no_gradient_of_their_own() -> None:
    """Rank 1 in all layers: about two thirds of full training, and little more than reading with one layer adapted."""
    whole, reading = _cost(ENCODER, TRAINING).model, _cost(ENCODER, READING).model
    lora, last = _cost(ENCODER, Pass(True, LoRA(1, 1.0))), _cost(ENCODER, Pass(True, LoRA(1, 1.0, last_layers=1)))
    assert 0.63 < lora.model / whole < 2 / 3
    assert 1 < last.model / reading < 1 + 1 / ENCODER.layers
    assert lora.six_nd == _cost(ENCODER, TRAINING).six_nd


def test_a_token_is_multiplied_with_the_experts_that_it_passes() -> None:
    dense = replace(DECODER, ffn=2 * DECODER.ffn)
    router = DECODER.layers * 2 * 8 * DECODER.hidden
    assert _cost(EXPERTS, READING).model - _cost(dense, READING).model == router * sum(LENGTHS)
    assert _cost(EXPERTS, TRAINING).six_nd == 6 * size(EXPERTS).multiplied_in_layers * sum(LENGTHS)
