"""A small architecture of each family, with the peculiarities of its real sizes, and FLOPs by torch's counter."""

from collections.abc import Callable

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import set_checkpoint_early_stop
from torch.utils.flop_counter import FlopCounterMode

from harness.spec.model import Architecture


def small(family: str, **peculiar: object) -> Architecture:
    """Three layers; heads together are 64 wide unless `peculiar` says otherwise."""
    sizes = {"layers": 3, "hidden": 64, "heads": 4, "kv_heads": 4, "ffn": 160, "vocabulary": 300, "max_positions": 64}
    return Architecture(**{"family": family, **sizes, **peculiar})  # type: ignore[arg-type]


DECODER = {"gated": True, "bidirectional": False, "kv_heads": 2}
SMALL = {
    "xlm_r": small("xlm_r"),
    "xlm_r_xl": small("xlm_r_xl"),
    "roberta": small("roberta"),
    "modernbert": small("modernbert", gated=True, window=9, global_every=2),
    "rembert": small("rembert", embedding=24),
    "mt5": small("mt5", gated=True, head_size=24),
    "bloom": small("bloom", bidirectional=False, ffn=256),
    "llama": small("llama", **DECODER),
    "qwen3": small("qwen3", **DECODER, head_size=24),
    "apertus": small("apertus", **{**DECODER, "gated": False}),
    "qwen3_moe": small("qwen3_moe", **{**DECODER, "ffn": 48}, experts=8, active_experts=2),
}


def counted(run: Callable[[], object], whole_layers: bool = True) -> int:
    """FLOPs of matrix products while `run` runs.

    By the math backend, because the counter does not know the CPU's fused attention. With `whole_layers` checkpointing
    recomputes all of a layer; torch itself stops where nothing is wanted any more.
    """
    counter = FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH), set_checkpoint_early_stop(not whole_layers), counter:
        run()
    return counter.get_total_flops()


def count_experts(encoder: torch.nn.Module) -> None:
    """Let experts multiply by bmm: the counter knows no grouped products, and the loop over experts needs real data."""
    encoder.set_experts_implementation("batched_mm")  # type: ignore[operator]
