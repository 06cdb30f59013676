"""FLOPs against torch's own counter: real tokens one by one, and the padded batch as it is executed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from harness.catalog import find
from harness.plan.network.flops import READING, TRAINING
from harness.plan.network.size import size
from harness.spec.example import TextExample
from harness.spec.model import Architecture
from harness.spec.recipe import Window
from harness.spec.task import Data
from harness.worker.accounting import Accountant
from harness.worker.coder import Coder
from harness.worker.format import Feature, Reading, collate
from harness.worker.formats import mlm
from harness.worker.network import Network, head_specs

ARCHITECTURE = replace(find.model("xlm_r/tiny").architecture, vocabulary=300, max_positions=64)
LENGTHS = (5, 9, 9, 17, 30)
SETS = {
    "pair": Data("relation", 1, "pair", "train", labels=("a", "b", "c")),
    "choice": Data("endings", 1, "choice", "train"),
    "tagging": Data("tags", 1, "tagging", "train", labels=("n", "v", "x")),
    "span": Data("questions", 1, "span", "train"),
    "mlm": Data("mlm", 1, "mlm", "train"),
}


def _feature(format_: str, length: int) -> Feature:
    tokens = np.arange(length) % 290 + 5
    words = range(1, length - 1, 2)
    positions = {"pair": [0], "choice": [0], "tagging": words, "span": range(length), "mlm": [2, 3]}[format_]
    at = np.array(list(positions))
    targets = np.array([1, 2]) if format_ == "span" else np.zeros(len(at), dtype=np.int64)
    others = tuple(tokens[:-cut] for cut in range(1, 2 + length % 3)) if format_ == "choice" else ()  # 2 to 4 choices
    return Feature(0, tokens, at, targets, others=others)


def _network(architecture: Architecture, sets: tuple[Data, ...]) -> Network:
    network = Network(architecture, head_specs(sets, architecture), dropout=0.0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.02)
    return network


def _counted(run: Callable[[], None]) -> int:
    # The math backend, because the counter does not know the CPU's fused attention.
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


@pytest.mark.parametrize("format_", SETS)
def test_model_flops_equal_the_sequences_run_one_by_one(format_: str) -> None:
    data = SETS[format_]
    network = _network(ARCHITECTURE, (data,))
    features = [_feature(format_, length) for length in LENGTHS]

    def run() -> None:
        for feature in features:
            for sequence in feature.sequences:
                alone = feature._replace(tokens=sequence, others=())
                network(collate(data.task, [alone], padding=1)).backward()

    accountant = Accountant(ARCHITECTURE, head_specs((data,), ARCHITECTURE), (data,))
    cost = accountant.cost(data.task, features, TRAINING)
    assert cost.model == pytest.approx(_counted(run), rel=1e-3)
    tokens = sum(len(sequence) for feature in features for sequence in feature.sequences)
    assert cost.six_nd == 6 * size(ARCHITECTURE).multiplied_in_layers * tokens
    assert (cost.real_tokens, cost.examples) == (tokens, len(LENGTHS))


@pytest.mark.parametrize("format_", SETS)
def test_hardware_flops_equal_the_padded_batch_with_idle_heads(format_: str) -> None:
    sets = tuple(SETS.values())
    network = _network(ARCHITECTURE, sets)
    features = [_feature(format_, length) for length in LENGTHS]
    batch = collate(SETS[format_].task, features, padding=1)
    accountant = Accountant(ARCHITECTURE, head_specs(sets, ARCHITECTURE), sets)
    cost = accountant.cost(SETS[format_].task, features, TRAINING)
    assert cost.hardware == pytest.approx(_counted(lambda: network(batch).backward()), rel=1e-3)
    assert cost.hardware > cost.model


def test_the_loss_of_choices_does_not_depend_on_what_they_are_padded_with_or_beside() -> None:
    data = SETS["choice"]
    network = _network(ARCHITECTURE, (data,)).eval()
    features = [_feature("choice", length) for length in LENGTHS]
    with torch.no_grad():
        alone = [network(collate(data.task, [feature], padding=1)).item() for feature in features]
        together = network(collate(data.task, features, padding=1)).item()
    assert sum(alone) == pytest.approx(together, abs=1e-5)
    assert len({round(loss, 3) for loss in alone}) > 1


def test_a_text_beside_its_translation_is_one_sequence_whose_head_works_on_the_masked_side(coder: Coder) -> None:
    data, texts = SETS["mlm"], (TextExample("0", "abcdef", "ghijklmnopqr"), TextExample("1", "abcdefghi"))
    network = _network(ARCHITECTURE, (data,))
    accountant = Accountant(ARCHITECTURE, head_specs((data,), ARCHITECTURE), (data,))
    encoded = mlm.encode(texts, Reading(coder, Window(), ()))
    found = set()
    for seed in (0, 2):  # one side, then the other
        features = [mlm.vary(feature, np.random.default_rng(seed), 0.5, coder) for feature in encoded]
        alone = [collate(data.task, [feature], padding=1) for feature in features]
        cost = accountant.cost(data.task, features, TRAINING)
        assert cost.model == pytest.approx(sum(_counted(lambda b=b: network(b).backward()) for b in alone), rel=1e-3)
        together = collate(data.task, features, padding=1)
        assert cost.hardware == pytest.approx(_counted(lambda b=together: network(b).backward()), rel=1e-3)
        assert (cost.examples, cost.real_tokens) == (2, 6 + 12 + 4 + 9 + 2)
        found.add(cost.model)
    assert len(found) == 2


def test_queries_and_candidates_cost_the_encoder_and_a_dense_layer_at_their_first_tokens() -> None:
    data = Data("pairs", 1, "retrieval", "train")
    network = _network(ARCHITECTURE, (data,))
    tokens = [np.arange(length) % 290 + 5 for length in (*LENGTHS, 7)]
    first, *others = tokens
    group = Feature(0, first, np.zeros(1, dtype=int), np.arange(3), others=tuple(others))
    accountant = Accountant(ARCHITECTURE, head_specs((data,), ARCHITECTURE), (data,))
    training, reading = (accountant.cost(data.task, [group], passes) for passes in (TRAINING, READING))
    batch = collate(data.task, [group], padding=1)
    assert training.hardware == pytest.approx(_counted(lambda: network(batch).backward()), rel=1e-3)
    alone = [collate(data.task, [group._replace(tokens=each, others=())], padding=1) for each in tokens]
    read = sum(_counted(lambda b=b: network.logits(b, network.states(b))) for b in alone)
    assert reading.model == pytest.approx(read, rel=1e-3)
    assert training.model == 3 * reading.model
    assert (training.examples, training.real_tokens) == (3, sum(LENGTHS) + 7)


def test_a_filler_costs_hardware_and_nothing_else() -> None:
    data = SETS["pair"]
    accountant = Accountant(ARCHITECTURE, head_specs((data,), ARCHITECTURE), (data,))
    cost = accountant.cost(data.task, [_feature("pair", 9)], READING, weighty=False)
    assert (cost.model, cost.real_tokens, cost.examples) == (0, 0, 0)
    assert cost.hardware > 0


def test_xlm_r_large_on_the_meta_device_as_published() -> None:
    """8 x 512 tokens forward: the figure that transformers' own model gives on the meta device, without pooler."""
    architecture = find.model("xlm_r/large").architecture
    lengths = [512] * 8
    with torch.device("meta"):
        network = Network(architecture, {}, dropout=0.0)
    ids = torch.zeros(8, 512, dtype=torch.long, device="meta")
    counted = _counted(lambda: network.encoder(input_ids=ids, attention_mask=None))
    features = [Feature(0, np.zeros(length), np.zeros(0), np.zeros(0)) for length in lengths]
    data = Data("tatoeba", 1, "retrieval", "test")
    cost = Accountant(architecture, {}, (data,)).cost("tatoeba", features, READING)
    assert cost.model == cost.hardware == pytest.approx(counted, rel=1e-3)
