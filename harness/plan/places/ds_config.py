"""Render the complete DeepSpeed configuration of a phase: concrete numbers, never "auto"."""

from typing import Any

from harness.plan.places.strategies import apart
from harness.spec.cluster import Placement
from harness.spec.phase import AnyPhase, Evaluate, Train
from harness.spec.recipe import Recipe


def render(phase: AnyPhase, placement: Placement, strategy: dict[str, Any]) -> dict[str, Any]:
    """DeepSpeed's configuration: the memory `strategy`, and everything else from the recipe and the placement.

    What DeepSpeed has changed its defaults for (clipping, overflow checks, weight decay) is always written out.
    """
    bf16 = isinstance(phase, Train | Evaluate) and phase.precision == "bf16"
    return {
        **apart(strategy, phase),
        "train_batch_size": placement.micro_batch * placement.accumulation * placement.world_size,
        "train_micro_batch_size_per_gpu": placement.micro_batch,
        "gradient_accumulation_steps": placement.accumulation,
        "bf16": {"enabled": bf16, "check_grad_overflow": True},
        "fp16": {"enabled": False},
        "prescale_gradients": False,
        "gradient_predivide_factor": 1.0,
        "zero_allow_untested_optimizer": False,
        "zero_force_ds_cpu_optimizer": False,
        "steps_per_print": 2**31,
        "wall_clock_breakdown": False,
        **(_training(phase.recipe) if isinstance(phase, Train) else {}),
    }


def _training(recipe: Recipe) -> dict[str, Any]:
    return {
        "gradient_clipping": recipe.clip,
        "optimizer": {
            "type": "AdamW",
            "params": {
                "lr": recipe.learning_rate,
                "betas": list(recipe.betas),
                "eps": recipe.epsilon,
                "weight_decay": recipe.weight_decay,
                "torch_adam": True,
                "adam_w_mode": True,
            },
        },
    }
