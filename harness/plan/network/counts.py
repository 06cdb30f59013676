"""How many parameters a phase's network has: the encoder as far as it runs, its heads, and LoRA's adapters."""

from functools import cache
from math import prod
from typing import NamedTuple

from harness.plan.network.heads import Shapes, head_sets, head_shapes
from harness.plan.network.layers import executed
from harness.plan.network.lora import adapted
from harness.plan.network.size import size
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, Train, architecture
from harness.spec.recipe import LoRA


class Counts(NamedTuple):
    """Parameters that are trained, and those that are not; the largest tensor of each kind."""

    trained: int
    frozen: int = 0
    largest_trained: int = 0
    largest_frozen: int = 0

    @property
    def all(self) -> int:
        """Both."""
        return self.trained + self.frozen

    @property
    def largest(self) -> int:
        """The largest tensor."""
        return max(self.largest_trained, self.largest_frozen)


def counts(phase: Train | Evaluate) -> Counts:
    """The parameters of `phase`; those of LoRA are its adapters and its heads, an evaluation trains none."""
    model = running(phase)
    heads = tuple(shape for data in head_sets(phase) for shape in head_shapes(data, model))
    return _counted(model, heads, phase.recipe.lora) if isinstance(phase, Train) else _read(model, heads)


def running(phase: Train | Evaluate) -> Architecture:
    """The part of the architecture that a phase runs."""
    return architecture(phase) if isinstance(phase, Train) else executed(phase)


@cache
def _counted(model: Architecture, heads: Shapes, lora: LoRA | None) -> Counts:
    encoder, largest = size(model).parameters, size(model).largest_tensor
    sizes = tuple(map(prod, heads))
    if lora is None:
        return Counts(encoder + sum(sizes), 0, max(largest, *sizes, 0))
    adapters = [lora.rank * side for weight in adapted(model, lora) for side in weight.shape[-2:]]
    return Counts(sum(adapters) + sum(sizes), encoder, max(*adapters, *sizes, 0), largest)


@cache
def _read(model: Architecture, heads: Shapes) -> Counts:
    return Counts(0, size(model).parameters + sum(map(prod, heads)), 0, size(model).largest_tensor)
