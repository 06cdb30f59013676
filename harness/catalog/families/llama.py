"""Llama (Touvron et al. 2023; Grattafiori et al. 2024): the decoder whose parts Qwen3 and Apertus share."""

from typing import Any

from harness.spec.family import Family, Template, Weight
from harness.spec.model import Architecture


def config(architecture: Architecture) -> dict[str, Any]:
    """What the architecture decides of a LlamaConfig."""
    return {**sizes(architecture), "head_dim": architecture.head_width}


def sizes(architecture: Architecture) -> dict[str, Any]:
    """What all configurations of this kind call alike."""
    return {
        "vocab_size": architecture.vocabulary,
        "hidden_size": architecture.hidden,
        "num_hidden_layers": architecture.layers,
        "num_attention_heads": architecture.heads,
        "num_key_value_heads": architecture.kv_heads,
        "intermediate_size": architecture.ffn,
        "max_position_embeddings": architecture.max_positions,
    }


def outside(architecture: Architecture) -> tuple[Weight, ...]:
    """The embeddings, and the norm behind the last block."""
    return (
        Weight("embed_tokens.weight", (architecture.vocabulary, architecture.hidden), "embedding"),
        Weight("norm.weight", (architecture.hidden,), "vector"),
    )


def attention(architecture: Architecture, at: str) -> tuple[Weight, ...]:
    """Grouped queries: `kv_heads` keys and values serve all heads."""
    hidden, width = architecture.hidden, architecture.head_width
    queries, keys = architecture.heads * width, architecture.kv_heads * width
    return (
        Weight(f"{at}.self_attn.q_proj.weight", (queries, hidden), "query"),
        Weight(f"{at}.self_attn.k_proj.weight", (keys, hidden), "key"),
        Weight(f"{at}.self_attn.v_proj.weight", (keys, hidden), "value"),
        Weight(f"{at}.self_attn.o_proj.weight", (hidden, queries), "output"),
    )


def gated(architecture: Architecture, at: str) -> tuple[Weight, ...]:
    """The gated feed-forward."""
    hidden, ffn = architecture.hidden, architecture.ffn
    return (
        Weight(f"{at}.mlp.gate_proj.weight", (ffn, hidden), "gate"),
        Weight(f"{at}.mlp.up_proj.weight", (ffn, hidden), "up"),
        Weight(f"{at}.mlp.down_proj.weight", (hidden, ffn), "down"),
    )


def norms(architecture: Architecture, at: str) -> tuple[Weight, ...]:
    """Those before the attention and before the feed-forward."""
    return (
        Weight(f"{at}.input_layernorm.weight", (architecture.hidden,), "vector"),
        Weight(f"{at}.post_attention_layernorm.weight", (architecture.hidden,), "vector"),
    )


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, a gated feed-forward; no biases."""
    at = f"layers.{number}"
    return (*norms(architecture, at), *attention(architecture, at), *gated(architecture, at))


FAMILY = Family(
    name="llama",
    model_class="LlamaModel",
    config_class="LlamaConfig",
    config=config,
    outside=outside,
    layer=layer,
    layers="layers",
    # Llama 3's; they are in no other size's tokenizer.
    template=Template(("<|begin_of_text|>",), ("<|end_of_text|>",), ("<|end_of_text|>",), "<|finetune_right_pad_id|>"),
    prefixes=("model.",),
    dropouts=("attention_dropout",),
    decoder=True,
    rms=True,
)
