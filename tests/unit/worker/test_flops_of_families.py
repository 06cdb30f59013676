"""FLOPs of every family against torch's own counter: whole, with LoRA, with checkpointing, and what attention sees."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from harness.plan.network.flops import READING, Batch, Head, Pass, batch_cost
from harness.plan.network.pairs import attending, attending_locally, is_local
from harness.spec.recipe import LoRA
from harness.spec.task import Data
from harness.worker.accounting import Accountant
from harness.worker.format import Feature, collate
from harness.worker.network import Network, head_specs
from tests.unit.worker.families import SMALL, count_experts, counted

SETS = (
    Data("relation", 1, "pair", "train", labels=("a", "b", "c")),
    Data("tags", 1, "tagging", "train", labels=("n",)),
)
LENGTHS = (30, 17, 30)
EVERYWHERE = LoRA(4, 8.0, ("query", "key", "value", "output", "gate", "up", "down"))
PASSES = {
    "whole": Pass(True),
    "checkpointed": Pass(True, checkpointing=True),
    "lora of queries and values": Pass(True, LoRA(4, 8.0)),
    "lora of keys": Pass(True, LoRA(4, 8.0, ("key",))),
    "lora of all in the last layer": Pass(True, replace(EVERYWHERE, last_layers=1)),
    "lora behind attention in the last layers, checkpointed": Pass(
        True, LoRA(4, 8.0, ("output", "down"), 0.0, 2), True
    ),
}


def _network(family: str, through: Pass) -> Network:
    torch.manual_seed(0)
    network = Network(SMALL[family], head_specs(SETS, SMALL[family]), 0.0, through.lora, through.checkpointing)
    _draw(network)
    count_experts(network.encoder)
    return network.train()


def _draw(network: Network) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.02)


def _features() -> list[Feature]:
    return [Feature(0, np.arange(length) % 290 + 5, np.zeros(1, int), np.zeros(1, int)) for length in LENGTHS]


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("kind", PASSES)
def test_hardware_flops_of_training_equal_the_counter(family: str, kind: str) -> None:
    through = PASSES[kind]
    network = _network(family, through)
    batch = collate("relation", _features(), padding=1)
    cost = Accountant(SMALL[family], head_specs(SETS, SMALL[family]), SETS).cost("relation", _features(), through)
    assert cost.hardware == pytest.approx(counted(lambda: network(batch).backward()), rel=1e-3)


@pytest.mark.parametrize("family", SMALL)
def test_hardware_flops_of_reading_equal_the_counter(family: str) -> None:
    network = _network(family, READING)
    batch = collate("relation", _features(), padding=1)
    cost = Accountant(SMALL[family], head_specs(SETS[:1], SMALL[family]), SETS[:1]).cost(
        "relation", _features(), READING
    )
    with torch.no_grad():
        assert cost.hardware == pytest.approx(counted(lambda: network.logits(batch, network.states(batch))), rel=1e-3)


@pytest.mark.parametrize("family", SMALL)
def test_an_unpadded_batch_executes_what_its_sequences_do_one_by_one(family: str) -> None:
    """The worker pads; the formula also holds for kernels that take sequences of several lengths without padding."""
    architecture, through = SMALL[family], PASSES["whole"]
    network = _network(family, through)
    idle = Head("tagging", 1).per_position(architecture, through)  # once a batch
    heads = {"relation": Head("pair", 3), "tags": Head("tagging", 1)}
    read = len(LENGTHS)
    packed = batch_cost(
        architecture, heads, Batch(read, LENGTHS, max(LENGTHS), "relation", read, read, packed=True), through
    )
    padded = batch_cost(architecture, heads, Batch(read, LENGTHS, max(LENGTHS), "relation", read, read), through)
    alone = [collate("relation", [feature], padding=1) for feature in _features()]
    run = sum(counted(lambda b=batch: network(b).backward()) for batch in alone)
    assert packed.hardware + (read - 1) * idle == pytest.approx(run, rel=1e-3)
    assert packed.hardware < padded.hardware
    assert (packed.model, packed.six_nd) == (padded.model, padded.six_nd)


@pytest.mark.parametrize("lifted", (False, True))
@pytest.mark.parametrize("family", SMALL)
def test_pairs_are_those_that_attention_gives_weight(family: str, lifted: bool) -> None:
    architecture = replace(SMALL[family], bidirectional=True) if lifted else SMALL[family]
    torch.manual_seed(0)
    network = Network(architecture, {}, 0.0)
    _draw(network)
    network.encoder.set_attn_implementation("eager")
    batch = collate("relation", _features(), padding=1)
    seen = network.encoder(input_ids=batch.ids, attention_mask=batch.mask, output_attentions=True).attentions
    real = batch.mask.bool()[:, None, :, None]
    for number, weights in enumerate(seen):
        pairs = attending_locally if is_local(architecture, number) else attending
        assert int(((weights > 0) & real).sum()) == architecture.heads * pairs(architecture, LENGTHS)


@pytest.mark.parametrize("family", ("xlm_r", "llama"))
def test_torch_recomputes_all_but_a_last_product_that_nothing_keeps(family: str) -> None:
    """The convention counts whole layers; with the norm behind, torch computes them so."""
    through, architecture = PASSES["checkpointed"], SMALL[family]
    network = _network(family, through)
    batch = collate("relation", _features(), padding=1)
    cost = Accountant(architecture, head_specs(SETS, architecture), SETS).cost("relation", _features(), through)
    skipped = {"xlm_r": 0, "llama": architecture.layers * 2 * architecture.ffn * architecture.hidden}[family]
    run = counted(lambda: network(batch).backward(), whole_layers=False)
    assert cost.hardware - skipped * cost.padded_tokens == pytest.approx(run, rel=1e-3)


@pytest.mark.parametrize(("family", "format_"), (("xlm_r", "mlm"), ("rembert", "mlm"), ("llama", "clm")))
@pytest.mark.parametrize("kind", ("whole", "lora of queries and values"))
def test_outputs_tied_to_the_embeddings_are_frozen_with_them(family: str, format_: str, kind: str) -> None:
    data, through = Data("text", 1, format_, "train"), PASSES[kind]  # type: ignore[arg-type]
    specs = head_specs((data,), SMALL[family])
    network = Network(SMALL[family], specs, 0.0, through.lora)
    _draw(network)
    features = [feature._replace(positions=np.arange(9), targets=np.arange(9)) for feature in _features()]
    cost = Accountant(SMALL[family], specs, (data,)).cost("text", features, through)
    batch = collate("text", features, padding=1)
    assert cost.hardware == pytest.approx(counted(lambda: network(batch).backward()), rel=1e-3)
