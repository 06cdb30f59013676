"""BLOOM (Le Scao et al. 2022): a decoder with biases, query, key and value fused, positions as a bias (ALiBi)."""

from typing import Any

from harness.spec.family import Family, Template, Weight, affine
from harness.spec.model import Architecture


def config(architecture: Architecture) -> dict[str, Any]:
    """What the architecture decides of a BloomConfig; its feed-forward is always four times as wide as the layers."""
    return {
        "vocab_size": architecture.vocabulary,
        "hidden_size": architecture.hidden,
        "n_layer": architecture.layers,
        "n_head": architecture.heads,
    }


def outside(architecture: Architecture) -> tuple[Weight, ...]:
    """The embeddings, their norm, and the norm behind the last block."""
    hidden = architecture.hidden
    return (
        Weight("word_embeddings.weight", (architecture.vocabulary, hidden), "embedding"),
        *affine("word_embeddings_layernorm", (hidden,), "vector"),
        *affine("ln_f", (hidden,), "vector"),
    )


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, feed-forward."""
    hidden, ffn, at = architecture.hidden, architecture.ffn, f"h.{number}"
    return (
        *affine(f"{at}.input_layernorm", (hidden,), "vector"),
        *affine(f"{at}.self_attention.query_key_value", (3 * hidden, hidden), "qkv"),
        *affine(f"{at}.self_attention.dense", (hidden, hidden), "output"),
        *affine(f"{at}.post_attention_layernorm", (hidden,), "vector"),
        *affine(f"{at}.mlp.dense_h_to_4h", (ffn, hidden), "up"),
        *affine(f"{at}.mlp.dense_4h_to_h", (hidden, ffn), "down"),
    )


FAMILY = Family(
    name="bloom",
    model_class="BloomModel",
    config_class="BloomConfig",
    config=config,
    outside=outside,
    layer=layer,
    layers="h",
    template=Template((), ("</s>",), ("</s>",), "<pad>", "<unk>"),
    prefixes=("transformer.",),
    dropouts=("hidden_dropout", "attention_dropout"),
    decoder=True,
    maps=True,
    upcast=True,
)
