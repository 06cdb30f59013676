"""How the numbers of a phase agree over placements: to 1e-5, or in distribution only."""

from typing import Any, Literal

from harness.plan.places.strategies import offloads, quantised
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Recipe

Agreement = Literal["exact", "distribution"]


def agreement(phase: Train | Evaluate, config: dict[str, Any]) -> Agreement:
    """What the record of `phase` says of numbers that were made with DeepSpeed's `config`.

    From NVMe, fp32 weights came back rounded to bf16.
    """
    exact = phase.precision == "fp32" if isinstance(phase, Evaluate) else _exact(phase.recipe)
    return "distribution" if not exact or quantised(config) or offloads(config, "nvme") else "exact"


def _exact(recipe: Recipe) -> bool:
    """Whether nothing in the recipe is drawn by each process for itself, or rounded."""
    drops = recipe.dropout > 0.0 or (recipe.lora is not None and recipe.lora.dropout > 0.0)
    return recipe.precision == "fp32" and not drops and recipe.communication is None
