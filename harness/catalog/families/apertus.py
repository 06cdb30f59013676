"""Apertus (Swiss AI 2025): Qwen3's attention, and a feed-forward without gate whose activation (xIELU) is learnt."""

from dataclasses import replace

from harness.catalog.families import llama, qwen3
from harness.spec.family import Template, Weight
from harness.spec.model import Architecture


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, a feed-forward with two scalars in its activation."""
    hidden, ffn, at = architecture.hidden, architecture.ffn, f"layers.{number}"
    return (
        Weight(f"{at}.attention_layernorm.weight", (hidden,), "vector"),
        *qwen3.attention(architecture, at),
        Weight(f"{at}.feedforward_layernorm.weight", (hidden,), "vector"),
        Weight(f"{at}.mlp.up_proj.weight", (ffn, hidden), "up"),
        Weight(f"{at}.mlp.down_proj.weight", (hidden, ffn), "down"),
        Weight(f"{at}.mlp.act_fn.alpha_p", (1,), "vector"),
        Weight(f"{at}.mlp.act_fn.alpha_n", (1,), "vector"),
    )


FAMILY = replace(
    llama.FAMILY,
    name="apertus",
    model_class="ApertusModel",
    config_class="ApertusConfig",
    config=llama.sizes,
    layer=layer,
    template=Template(("<s>",), ("</s>",), ("</s>",), "<pad>", "<unk>"),
    kept_per_unit=5.5,  # xIELU written out in torch, as transformers does without its kernel
)
