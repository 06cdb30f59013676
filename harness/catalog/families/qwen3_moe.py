"""Qwen3's mixture of experts: in place of the feed-forward a router and experts, of which a token passes a few."""

from dataclasses import replace
from typing import Any

from harness.catalog.families import llama, qwen3
from harness.spec.family import Weight
from harness.spec.model import Architecture


def config(architecture: Architecture) -> dict[str, Any]:
    """What the architecture decides of a Qwen3MoeConfig, every layer of which has experts."""
    told = llama.config(architecture)
    del told["intermediate_size"]  # of layers without experts
    return {
        **told,
        "moe_intermediate_size": architecture.ffn,
        "num_experts": architecture.experts,
        "num_experts_per_tok": architecture.active_experts,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
    }


def layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    """One block: a norm, attention, a norm, the router and all experts' gated feed-forwards in two tensors."""
    at, hidden, ffn, experts = f"layers.{number}", architecture.hidden, architecture.ffn, architecture.experts or 1
    return (
        *llama.norms(architecture, at),
        *qwen3.attention(architecture, at),
        Weight(f"{at}.mlp.gate.weight", (experts, hidden), "router"),
        Weight(f"{at}.mlp.experts.gate_up_proj", (experts, 2 * ffn, hidden), "experts_in"),
        Weight(f"{at}.mlp.experts.down_proj", (experts, hidden, ffn), "experts_out"),
    )


FAMILY = replace(
    qwen3.FAMILY,
    name="qwen3_moe",
    model_class="Qwen3MoeModel",
    config_class="Qwen3MoeConfig",
    config=config,
    layer=layer,
    fused={"gate_up_proj": ("gate_proj", "up_proj"), "down_proj": ("down_proj",)},
)
