"""Random weights by (seed, parameter name), the same at every ZeRO stage and world size."""

import hashlib
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from harness.files.adapter_names import ADAPTERS, DOWN, UP
from harness.files.hub_names import ENCODER
from harness.plan.network.size import tensors
from harness.spec.family import Weight
from harness.spec.model import Scratch
from harness.worker.stored import Source

Draw = Callable[[str, torch.Size], Tensor]


class Drawn(NamedTuple):
    """A parameter that is in no file."""

    name: str
    shape: torch.Size
    draw: Draw

    def read(self) -> Tensor:
        """The parameter, drawn anew."""
        return self.draw(self.name, self.shape)


def drawn(model: Scratch) -> dict[str, Source]:
    """The parameters of a model that begins with random weights."""
    draw = drawing(model.architecture.initializer_range, model.seed)
    return {ENCODER + weight.name: _drawn(weight, draw) for weight in tensors(model.architecture)}


def _drawn(weight: Weight, draw: Draw) -> Drawn:
    """Vectors that are no biases scale what passes them, whatever they are called (BLOOM's `ln_f` is a norm)."""
    scales = weight.role == "vector" and not weight.name.endswith("bias")
    return Drawn(ENCODER + weight.name, torch.Size(weight.shape), _ones if scales else draw)


def _ones(name: str, shape: torch.Size) -> Tensor:
    return torch.ones(shape)


def drawing(initializer_range: float, seed: int) -> Draw:
    """How a parameter is drawn from `seed`: normal, but biases 0 and norms 1.

    Adapters begin without effect (Hu et al. 2022): B is 0, A normal with the variance 1 / (3 inputs) of peft's default.
    """

    def draw(name: str, shape: torch.Size) -> Tensor:
        adapter = name.startswith(ADAPTERS)
        if name.endswith("bias") or (adapter and name.endswith(UP)):
            return torch.zeros(shape)
        if "norm" in name.lower():
            return torch.ones(shape)
        spread = math.sqrt(1 / (3 * shape[1])) if adapter and name.endswith(DOWN) else initializer_range
        key = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(key, "big") >> 1)
        return torch.randn(shape, generator=generator) * spread

    return draw
