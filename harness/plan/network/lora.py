"""Which matrices of a model LoRA adapts: those of the roles that it names, in the layers that it is restricted to."""

from functools import cache

from harness.catalog import find
from harness.spec.family import Weight
from harness.spec.model import Architecture
from harness.spec.recipe import LoRA

FUSED = {"qkv": ("query", "key", "value"), "gate_up": ("gate", "up")}


def adapts(lora: LoRA, weight: Weight) -> bool:
    """Whether a tensor's role is among the targets, or is that of a matrix into which one of them is fused."""
    return weight.role in lora.targets or any(role in lora.targets for role in FUSED.get(weight.role, ()))


def first_layer(architecture: Architecture, lora: LoRA) -> int:
    """The lowest layer that is adapted; nothing below it has a gradient."""
    return max(0, architecture.layers - lora.last_layers) if lora.last_layers else 0


@cache
def adapted(architecture: Architecture, lora: LoRA) -> tuple[Weight, ...]:
    """The tensors beside which an adapter lies: rank x in and out x rank."""
    layer = find.family(architecture.family).layer
    numbers = range(first_layer(architecture, lora), architecture.layers)
    return tuple(weight for number in numbers for weight in layer(architecture, number) if adapts(lora, weight))
