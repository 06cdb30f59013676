"""ModernBERT (Warner et al. 2024), of which mmBERT is: no biases, rotary positions, most layers see a window only."""

from typing import Any

from harness.spec.family import Family, Template, Weight
from harness.spec.model import Architecture


def config(architecture: Architecture) -> dict[str, Any]:
    """What the architecture decides of a ModernBertConfig."""
    return {
        "vocab_size": architecture.vocabulary,
        "hidden_size": architecture.hidden,
        "num_hidden_layers": architecture.layers,
        "num_attention_heads": architecture.heads,
        "intermediate_size": architecture.ffn,
        "max_position_embeddings": architecture.max_positions,
        "layer_types": [_attention(architecture, number) for number in range(architecture.layers)],
        "local_attention": (architecture.window or 1) - 1,  # the other tokens a local layer sees, half on either side
    }


def outside(architecture: Architecture) -> tuple[Weight, ...]:
    """The embeddings, their norm, and the norm behind the last block."""
    hidden = architecture.hidden
    return (
        Weight("embeddings.tok_embeddings.weight", (architecture.vocabulary, hidden), "embedding"),
        Weight("embeddings.norm.weight", (hidden,), "vector"),
        Weight("final_norm.weight", (hidden,), "vector"),
    )


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, a gated feed-forward; the first has the embeddings' norm before it."""
    hidden, ffn, at = architecture.hidden, architecture.ffn, f"layers.{number}"
    norm = (Weight(f"{at}.attn_norm.weight", (hidden,), "vector"),) if number else ()
    return (
        *norm,
        Weight(f"{at}.attn.Wqkv.weight", (3 * hidden, hidden), "qkv"),
        Weight(f"{at}.attn.Wo.weight", (hidden, hidden), "output"),
        Weight(f"{at}.mlp_norm.weight", (hidden,), "vector"),
        Weight(f"{at}.mlp.Wi.weight", (2 * ffn, hidden), "gate_up"),
        Weight(f"{at}.mlp.Wo.weight", (hidden, ffn), "down"),
    )


def _attention(architecture: Architecture, number: int) -> str:
    everything = architecture.window is None or number % (architecture.global_every or 1) == 0
    return "full_attention" if everything else "sliding_attention"


FAMILY = Family(
    name="modernbert",
    model_class="ModernBertModel",
    config_class="ModernBertConfig",
    config=config,
    outside=outside,
    layer=layer,
    layers="layers",
    template=Template(("<bos>",), ("<eos>",), ("<eos>",), "<pad>", "<unk>", "<mask>"),  # mmBERT's
    prefixes=("model.",),
    dropouts=("attention_dropout", "embedding_dropout", "mlp_dropout"),
)
