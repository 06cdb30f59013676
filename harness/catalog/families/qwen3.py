"""Qwen3 (Yang et al. 2025), dense: Llama's decoder with a norm on each head's queries and keys."""

from dataclasses import replace

from harness.catalog.families import llama
from harness.spec.family import Template, Weight
from harness.spec.model import Architecture


def attention(architecture: Architecture, at: str) -> tuple[Weight, ...]:
    """Llama's, with the norms of queries and keys."""
    return (
        *llama.attention(architecture, at),
        Weight(f"{at}.self_attn.q_norm.weight", (architecture.head_width,), "vector"),
        Weight(f"{at}.self_attn.k_norm.weight", (architecture.head_width,), "vector"),
    )


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, a gated feed-forward."""
    at = f"layers.{number}"
    return (*llama.norms(architecture, at), *attention(architecture, at), *llama.gated(architecture, at))


FAMILY = replace(
    llama.FAMILY,
    name="qwen3",
    model_class="Qwen3Model",
    config_class="Qwen3Config",
    layer=layer,
    template=Template((), ("<|endoftext|>",), ("<|endoftext|>",), "<|endoftext|>"),
)
