"""Which tokens see which: causal masks, masks that were lifted, padding, and layers before a norm behind them all."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.spec.model import Architecture
from harness.spec.task import Data
from harness.worker.drawing import drawing
from harness.worker.format import NOWHERE, Feature, Ints, MicroBatch, collate
from harness.worker.network import Network, head_specs

CAUSAL = Architecture("llama", 3, 32, 4, 2, 48, 60, 32, gated=True, bidirectional=False, initializer_range=0.3)
DECODERS = {
    "llama": CAUSAL,
    "qwen3": replace(CAUSAL, family="qwen3", head_size=16),
    "apertus": replace(CAUSAL, family="apertus", gated=False),
    "bloom": replace(CAUSAL, family="bloom", kv_heads=4, ffn=128, gated=False),
    "qwen3_moe": replace(CAUSAL, family="qwen3_moe", head_size=16, experts=4, active_experts=2),
}
NORMED_BEHIND = {
    **DECODERS,
    "xlm_r_xl": Architecture("xlm_r_xl", 3, 32, 4, 4, 48, 60, 32, initializer_range=0.3),
    "modernbert": Architecture(
        "modernbert", 3, 32, 4, 4, 48, 60, 32, gated=True, initializer_range=0.3, window=4, global_every=2
    ),
    "mt5": Architecture("mt5", 3, 32, 4, 4, 48, 60, 32, gated=True, initializer_range=0.3),
}
TOKENS = np.arange(6) + 5


def network(architecture: Architecture, *sets: Data) -> Network:
    """A network without training, its weights drawn."""
    made = Network(architecture, head_specs(sets, architecture), 0.0).eval()
    draw = drawing(architecture.initializer_range, 0)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            parameter.copy_(draw(name, parameter.shape))
    return made


def batch(*sequences: Ints) -> MicroBatch:
    """Sequences of tokens, padded."""
    features = [Feature(0, tokens, NOWHERE, NOWHERE) for tokens in sequences]
    return collate("t", features, padding=1)


def states(model: Network, *sequences: Ints) -> Tensor:
    """The last layer's states [sequences, length, hidden]."""
    with torch.no_grad():
        return model.states(batch(*sequences))


def changed(model: Network, *beside: Ints) -> list[bool]:
    """Whether each token's state changes with the last token, read with further sequences."""
    one, other = (states(model, np.array([*TOKENS, last]), *beside)[0, : len(TOKENS) + 1] for last in (20, 30))
    return ((one - other).abs().amax(-1) > 1e-4).tolist()


@pytest.mark.parametrize("family", DECODERS)
@pytest.mark.parametrize("beside", [(), (np.arange(11) + 5,)], ids=["alone", "padded"])
def test_a_decoder_sees_what_stands_before_and_with_its_mask_lifted_everything(
    family: str, beside: Sequence[Ints]
) -> None:
    before = [False] * len(TOKENS)
    assert changed(network(DECODERS[family]), *beside) == [*before, True]
    lifted = network(replace(DECODERS[family], bidirectional=True))
    assert changed(lifted, *beside) == [True] * (len(TOKENS) + 1)


@pytest.mark.parametrize("lifted", [False, True])
@pytest.mark.parametrize("family", DECODERS)
def test_padding_changes_nothing(family: str, lifted: bool) -> None:
    model = network(replace(DECODERS[family], bidirectional=lifted))
    alone, padded = states(model, TOKENS), states(model, TOKENS, np.arange(13) + 5)
    torch.testing.assert_close(padded[0, : len(TOKENS)], alone[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", NORMED_BEHIND)
def test_a_layer_is_read_alike_from_a_whole_model_and_from_one_that_ends_there(family: str) -> None:
    whole = network(NORMED_BEHIND[family])
    shorter = network(replace(NORMED_BEHIND[family], layers=2))
    read = batch(TOKENS, TOKENS[:3])
    with torch.no_grad():
        layers, within = whole.layers(read), shorter.within(read)
        assert len(layers) == 4
        torch.testing.assert_close(layers[-1], whole.states(read))
        torch.testing.assert_close(within[0], layers[2][0])
        torch.testing.assert_close(within[1, :3], layers[2][1, :3])
        assert not torch.allclose(shorter.states(read)[0], layers[2][0], atol=1e-2)


def test_the_next_token_is_scored_with_the_embeddings() -> None:
    text = Data("mlm", 1, "clm", "train")
    model = network(CAUSAL, text)
    feature = Feature(0, TOKENS, np.arange(len(TOKENS) - 1), TOKENS[1:])
    read = collate("mlm", [feature], 1)
    with torch.no_grad():
        logits = model.states(read)[0, :-1] @ model.encoder.get_input_embeddings().weight.T
        expected = -torch.log_softmax(logits, -1)[range(len(TOKENS) - 1), TOKENS[1:]].sum()
        torch.testing.assert_close(model(read), expected)
    assert not [name for name, _ in model.named_parameters() if name.startswith("heads.")]
