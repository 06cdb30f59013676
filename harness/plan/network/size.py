"""How large a model is: exact counts of its tensors, from which FLOPs, memory and traffic follow."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from harness.catalog import find
from harness.spec.family import Weight
from harness.spec.model import Architecture

EXPERTS = ("experts_in", "experts_out")


@dataclass(frozen=True)
class Size:
    """Numbers of parameters; a token is multiplied with `multiplied_in_layers` weights, and `multiplied_outside`.

    The former are the N of C = 6ND (Kaplan et al. 2020): all layers without biases and norms, of the experts those
    that a token passes. `active` are all parameters but the experts that a token does not pass. `layers` are the
    parameters of each layer.
    """

    parameters: int
    active: int
    embeddings: int
    multiplied_in_layers: int
    multiplied_outside: int
    layers: tuple[int, ...]
    largest_tensor: int


@cache
def tensors(architecture: Architecture) -> tuple[Weight, ...]:
    """Every tensor of the bare encoder, by transformers' names."""
    family = find.family(architecture.family)
    layers = (weight for number in range(architecture.layers) for weight in family.layer(architecture, number))
    return (*family.outside(architecture), *layers)


@cache
def size(architecture: Architecture) -> Size:
    """The size of the bare encoder, without heads."""
    family = find.family(architecture.family)
    outside = family.outside(architecture)
    layers = [family.layer(architecture, number) for number in range(architecture.layers)]
    every = tensors(architecture)
    total = _elements(every)
    return Size(
        parameters=total,
        active=total - sum(weight.elements - passed(weight, architecture) for weight in every),
        embeddings=_elements(weight for weight in outside if weight.role == "embedding"),
        multiplied_in_layers=sum(multiplied(layer, architecture) for layer in layers),
        multiplied_outside=multiplied(outside, architecture),
        layers=tuple(map(_elements, layers)),
        largest_tensor=max(weight.elements for weight in every),
    )


def multiplied(weights: Iterable[Weight], architecture: Architecture) -> int:
    """With how many weights a token is multiplied."""
    return sum(passed(weight, architecture) for weight in weights if weight.multiplied)


def passed(weight: Weight, architecture: Architecture) -> int:
    """How many elements of a tensor one token meets: of experts, its share of them."""
    if weight.role not in EXPERTS:
        return weight.elements
    assert architecture.experts and architecture.active_experts
    return weight.elements // architecture.experts * architecture.active_experts


def _elements(weights: Iterable[Weight]) -> int:
    return sum(weight.elements for weight in weights)
