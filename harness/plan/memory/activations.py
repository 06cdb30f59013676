"""Activations that a micro-batch leaves for its backward pass, where attention keeps no map (SDPA) or does.

Per token and layer, after Korthikanti et al. 2022 (arXiv 2205.05198, section 4.1); w bytes a number:

    attention     input, query, key, value and output of all heads (grouped keys are repeated), of the softmax one fp32
                  number a head; where a family has maps, the probabilities of all pairs: their 5as/h
    feed-forward  input, each unit before and after the activation; gated: the gate, up and their product too
    norms         the input of each; RMS norms written out: in fp32, and normalised
    dropout       a byte a number in both places; on a cpu a number, and attention falls back to maps

With checkpointing a layer keeps its input alone, and one layer's activations stand during the backward pass. Under
LoRA a frozen matrix keeps no input, and layers below the lowest adapter nothing. tests/unit/worker/test_activations.py
compares it with what torch saves.
"""

from dataclasses import dataclass

from harness.catalog import find
from harness.plan.costs.duration import groups
from harness.plan.memory.states import WIDTH
from harness.plan.network.counts import running
from harness.plan.network.heads import OVER_VOCABULARY, TEXTS, classes, head_sets
from harness.plan.network.lora import first_layer
from harness.spec.cluster import Placement
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import LoRA, Recipe
from harness.spec.task import Data

ATTENTION, FORWARD = {"query", "key", "value", "qkv"}, {"gate", "up", "gate_up"}


@dataclass(frozen=True)
class Kept:
    """How a model is trained: bytes of a number, the padded length, dropout or none, on cuda or on a cpu, with LoRA."""

    model: Architecture
    width: int
    length: int
    dropout: bool = False
    cuda: bool = False
    lora: LoRA | None = None


def activations(phase: Train | Evaluate, placement: Placement) -> int:
    """Bytes of one micro-batch of full windows at its peak."""
    if isinstance(phase, Evaluate):
        together = 1 if phase.data.format == "retrieval" else TEXTS.get(phase.data.format, 1)  # it reads sides apart
        return _reading(phase, max(together * phase.window.max_length, placement.token_budget))  # one example at least
    model, recipe = running(phase), phase.recipe
    cuda = placement.accelerator == "cuda"
    kept = Kept(model, WIDTH[recipe.precision], recipe.window.max_length, recipe.dropout > 0, cuda, recipe.lora)
    layers = model.layers - (first_layer(model, recipe.lora) if recipe.lora else 0)
    return max(_of_set(data, phase, kept, (placement, layers)) for data in phase.data)


def _of_set(data: Data, phase: Train, kept: Kept, at: tuple[Placement, int]) -> int:
    placement, layers = at
    model, width = kept.model, kept.width
    tokens = _examples(data, phase.recipe, placement) * kept.length * TEXTS.get(data.format, 1)
    layer, states = layer_bytes(kept), width * model.hidden
    body = layers * states + layer if placement.checkpointing else layers * layer
    working = width * _units(model) * model.ffn  # gradients of the layer at work
    return round(tokens * (body + 2 * states + working)) + _logits(data, phase, kept, placement.micro_batch)


def _examples(data: Data, recipe: Recipe, placement: Placement) -> int:
    """Those of the fullest micro-batch: what meets in one softmax is never cut, so groups are dealt whole."""
    if data.format != "retrieval":
        return placement.micro_batch
    together = recipe.negatives or recipe.batch_size
    each = -(-groups(recipe) // (placement.accumulation * placement.world_size))
    return min(each * together, recipe.batch_size)


def layer_bytes(kept: Kept) -> float:
    """Bytes that one token leaves in one layer."""
    model, width, family = kept.model, kept.width, find.family(kept.model.family)
    attention, forward, behind = _inputs(kept.lora)
    experts, units = model.active_experts or 0, (_units(model) - 1 + behind) * model.ffn
    inputs = model.hidden * (attention + forward + 2 * experts)  # each expert gathers and scatters its own
    numbers = inputs + 4 * model.heads * model.head_width + units * max(1, experts)
    norm = 4 + (0 if kept.lora else width) if family.rms else width
    normed = 2 * model.hidden + (_head_norms(model) if family.rms else 0)
    dropped = 2 * model.hidden * (1 if kept.cuda else width) if kept.dropout else 0
    return width * numbers + norm * normed + dropped + 4 * model.heads + model.heads * kept.length * _map_bytes(kept)


def _inputs(lora: LoRA | None) -> tuple[bool, bool, bool]:
    """Whether what is multiplied is kept: of attention, of the feed-forward, of its last matrix; not of frozen ones."""
    if lora is None:
        return True, True, True
    targets = set(lora.targets)
    return bool(targets & ATTENTION), bool(targets & FORWARD), "down" in targets


def _units(model: Architecture) -> float:
    return find.family(model.family).kept_per_unit or (4 if model.gated else 2)


def _head_norms(model: Architecture) -> int:
    """Numbers of query and key that are normalised, each head by itself."""
    layer = find.family(model.family).layer(model, 0)
    normed = any(weight.role == "vector" and weight.shape == (model.head_width,) for weight in layer)
    return (model.heads + model.kv_heads) * model.head_width if normed else 0


def _map_bytes(kept: Kept) -> int:
    """Bytes that attention keeps of one pair of tokens and head."""
    if find.family(kept.model.family).maps:
        softmax = 4 if kept.width == 4 else 4 + kept.width  # in fp32, then cast
        return softmax + (kept.width + (1 if kept.cuda else kept.width) if kept.dropout else 0)
    return 3 * 4 if kept.dropout and not kept.cuda else 0


def _logits(data: Data, phase: Train, kept: Kept, examples: int) -> int:
    """Logits, their fp32 copy, its log-softmax and the gradients of both, over the positions that are predicted."""
    if data.format not in OVER_VOCABULARY:
        return 0
    share = phase.recipe.mask if data.format == "mlm" else 1.0
    numbers = round(examples * kept.length * share) * kept.model.vocabulary
    return numbers * (2 * kept.width + (8 if kept.width == 4 else 12))


def _reading(phase: Evaluate, tokens: int) -> int:
    """What one layer holds at once; nothing is kept for later, but the states of all layers where they answer."""
    model, width = running(phase), WIDTH[phase.precision]
    kept = model.layers + 1 if phase.layer is not None else 1
    outputs = sum(classes(data, model) for data in head_sets(phase))
    units = (3 if model.gated else 2) * model.ffn * (model.active_experts or 1)
    maps = phase.window.max_length * model.heads * _map_read(model, width)
    return tokens * (width * (kept * model.hidden + 5 * model.hidden + units + outputs) + maps)


def _map_read(model: Architecture, width: int) -> int:
    """Bytes of a pair of tokens and head that stand at once: scores, their sum with the mask, and the softmax.

    Measured in tests/unit/worker/test_activations.py. Where it is `upcast`, its input and output are in fp32.
    """
    family = find.family(model.family)
    if not family.maps:
        return 0
    return 2 * width + 2 * 4 + (width if width < 4 else 0) if family.upcast else 3 * width
