"""FLOPs of the encoder per token and per pair of tokens: what forward, backward and recomputation multiply.

A matrix of P weights costs a token 2P forward, 2P for the gradient of its input and 2P for its own: so training costs
three times the forward (Hoffmann et al. 2022, appendix F). Attention multiplies twice forward, query with key and
probabilities with value, 2 heads x head size each per pair; backward it has one product for each gradient, of query,
key, value and probabilities. Grouped keys and values cost as much as others here: every query head meets one of them.

Under LoRA (Hu et al. 2022, section 4) frozen matrices have no gradient of their own, and below the first adapter
nothing has one, since the embeddings are frozen too: `_backward` follows the gradient up through the matrices of a
layer. An adapter of rank r is two matrices, r x in and out x r. A fused kernel that computes all of attention's
gradients where some would do executes a little more in this first layer.

Checkpointing computes the forward of each layer that has a backward again (Korthikanti et al. 2022, section 5). All of
it is counted, as published HFUs do; torch stops before a layer's last product where nothing keeps what it gives (norms
in front), which saves 5 to 8 % of a step.

Products are counted as they stand above, also where a fused kernel of attention does others: its backward multiplies
query with key once more (with 512 tokens 1 to 2 % of a step, with 8,192 some 12 %), and under a causal mask it may
leave blocks out.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from harness.catalog import find
from harness.plan.network.lora import adapts, first_layer
from harness.plan.network.pairs import is_local
from harness.plan.network.size import passed, size
from harness.spec.family import Weight
from harness.spec.model import Architecture
from harness.spec.recipe import LoRA

# Roles in the order in which a token passes them; those that stand together read the same. Attention follows the first.
_ORDER = (
    ("query", "key", "value", "qkv"),
    ("output",),
    ("router", "gate", "up", "gate_up", "experts_in"),
    ("down", "experts_out"),
)


class Flops(NamedTuple):
    """FLOPs per token, per pair of tokens in layers that attend to everything, and per pair in local layers."""

    token: int = 0
    pair: int = 0
    local_pair: int = 0

    def plus(self, other: "Flops") -> "Flops":
        """Both."""
        return Flops(*map(sum, zip(self, other, strict=True)))


@cache
def needed(architecture: Architecture, training: bool, lora: LoRA | None) -> Flops:
    """Of one forward, with its backward in training, without recomputation."""
    whole = training and lora is None
    total = Flops(2 * (3 if whole else 1) * size(architecture).multiplied_outside)
    for number in range(architecture.layers):
        total = total.plus(_forward(architecture, number, lora))
        if training and number >= _trained_from(architecture, lora):
            total = total.plus(_backward(architecture, number, lora))
    return total


@cache
def recomputed(architecture: Architecture, lora: LoRA | None) -> Flops:
    """What checkpointing adds in training."""
    total = Flops()
    for number in range(_trained_from(architecture, lora), architecture.layers):
        total = total.plus(_forward(architecture, number, lora))
    return total


def _trained_from(architecture: Architecture, lora: LoRA | None) -> int:
    """The lowest layer with a backward pass."""
    return first_layer(architecture, lora) if lora else 0


def _layer(architecture: Architecture, number: int) -> tuple[Weight, ...]:
    return find.family(architecture.family).layer(architecture, number)


def _forward(architecture: Architecture, number: int, lora: LoRA | None) -> Flops:
    matrices = [weight for weight in _layer(architecture, number) if weight.multiplied]
    elements = sum(passed(weight, architecture) for weight in matrices)
    if number >= _trained_from(architecture, lora):
        elements += sum(sum(_adapter(weight, lora)) for weight in matrices)
    return _attending(architecture, number, 2 * elements, products=2)


def _backward(architecture: Architecture, number: int, lora: LoRA | None) -> Flops:
    """Of a layer with adapters, or trained whole; `reached`: what the next matrices read has a gradient."""
    matrices = _layer(architecture, number)
    reached = lora is None or number > _trained_from(architecture, lora)
    products = 4 if reached else _gradients_of_attention(matrices, lora)
    elements = 0
    for roles in _ORDER:
        adapted = False
        for weight in (weight for weight in matrices if weight.role in roles):
            own, (into, out_of) = passed(weight, architecture), _adapter(weight, lora)
            elements += own + into if reached else 0  # for the gradient of what is read
            elements += own if lora is None else into + out_of + out_of  # B's input always has one
            adapted = adapted or into > 0
        reached = reached or adapted
    return _attending(architecture, number, 2 * elements, products)


def _adapter(weight: Weight, lora: LoRA | None) -> tuple[int, int]:
    """Elements of A and B beside a matrix; none where it has no adapter."""
    if lora is None or not adapts(lora, weight):
        return 0, 0
    outputs, inputs = weight.shape
    return lora.rank * inputs, lora.rank * outputs


def _gradients_of_attention(matrices: Sequence[Weight], lora: LoRA | None) -> int:
    """Products of attention's backward pass where only adapters of this layer stand before it."""
    adapted = {weight.role for weight in matrices if lora and adapts(lora, weight)}
    query, key, value = (bool(adapted & {role, "qkv"}) for role in ("query", "key", "value"))
    return (query or key) + query + key + value


def _attending(architecture: Architecture, number: int, token: int, products: int) -> Flops:
    """A layer with so many FLOPs a token, and products for each pair of tokens and head."""
    pair = products * 2 * architecture.heads * architecture.head_width
    return Flops(token, 0, pair) if is_local(architecture, number) else Flops(token, pair, 0)
