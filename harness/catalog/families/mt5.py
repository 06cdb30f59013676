"""mT5 (Xue et al. 2021), of which only the encoder is used: no biases, gated feed-forward, positions as a bias."""

from typing import Any

from harness.spec.family import Family, Template, Weight
from harness.spec.model import Architecture

BUCKETS = 32  # of relative positions; the first layer's bias for them serves all


def config(architecture: Architecture) -> dict[str, Any]:
    """What the architecture decides of an MT5Config."""
    return {
        "vocab_size": architecture.vocabulary,
        "d_model": architecture.hidden,
        "num_layers": architecture.layers,
        "num_heads": architecture.heads,
        "d_kv": architecture.head_width,
        "d_ff": architecture.ffn,
        "relative_attention_num_buckets": BUCKETS,
        "feed_forward_proj": "gated-gelu",
    }


def outside(architecture: Architecture) -> tuple[Weight, ...]:
    """The embeddings, and the norm behind the last block."""
    hidden = architecture.hidden
    return (
        Weight("shared.weight", (architecture.vocabulary, hidden), "embedding"),
        Weight("encoder.final_layer_norm.weight", (hidden,), "vector"),
    )


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, a gated feed-forward; all heads together may be wider than the layers."""
    hidden, ffn, width = architecture.hidden, architecture.ffn, architecture.heads * architecture.head_width
    attention, feed = f"encoder.block.{number}.layer.0", f"encoder.block.{number}.layer.1"
    bias = f"{attention}.SelfAttention.relative_attention_bias.weight"
    return (
        *(() if number else (Weight(bias, (BUCKETS, architecture.heads), "embedding"),)),
        Weight(f"{attention}.layer_norm.weight", (hidden,), "vector"),
        Weight(f"{attention}.SelfAttention.q.weight", (width, hidden), "query"),
        Weight(f"{attention}.SelfAttention.k.weight", (width, hidden), "key"),
        Weight(f"{attention}.SelfAttention.v.weight", (width, hidden), "value"),
        Weight(f"{attention}.SelfAttention.o.weight", (hidden, width), "output"),
        Weight(f"{feed}.layer_norm.weight", (hidden,), "vector"),
        Weight(f"{feed}.DenseReluDense.wi_0.weight", (ffn, hidden), "gate"),
        Weight(f"{feed}.DenseReluDense.wi_1.weight", (ffn, hidden), "up"),
        Weight(f"{feed}.DenseReluDense.wo.weight", (hidden, ffn), "down"),
    )


FAMILY = Family(
    name="mt5",
    model_class="MT5EncoderModel",
    config_class="MT5Config",
    config=config,
    outside=outside,
    layer=layer,
    layers="encoder.block",
    template=Template((), ("</s>",), ("</s>",), "<pad>", "<unk>"),
    aliases={"encoder.embed_tokens.weight": "shared.weight"},
    dropouts=("dropout_rate",),
    rms=True,
    maps=True,  # its bias of positions is trained, which no fused attention on a cpu knows
    kept_per_unit=7.0,  # a gated feed-forward whose GELU is written out in torch
)
