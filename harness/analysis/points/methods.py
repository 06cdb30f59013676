"""What a point says besides its coordinates: which series of models it is of, how it is trained, how it attends."""

from collections.abc import Iterable

from harness.catalog import find
from harness.plan.network.counts import counts
from harness.plan.network.size import size
from harness.plan.sweeps.study import PlannedPoint
from harness.spec.identity import identity
from harness.spec.model import Architecture, Imported, Pretrained, Scratch
from harness.spec.phase import Evaluate, Train, architecture, lineage, origin
from harness.spec.recipe import LoRA

FULL = "full fine-tuning"
ROLES = ("intermediate", "target")
DESCRIBED = ("series", "attention", "method", "parameters_total", "parameters_active", "parameters_trained")


def series(leaf: Evaluate) -> str:
    """What all sizes of a model share: the name they were published under, or their tokenizer, hence text, from here.

    XLM-R Base and Large have their norms behind each block, XL and XXL before it. They are sizes of one series all the
    same: they were published under one name, with one corpus, one objective and one vocabulary.
    """
    match origin(leaf):
        case Pretrained() as model:
            known = next((each for each in map(find.model, find.model_names()) if each.hub_id == model.hub_id), None)
            name = (known.name if known else model.hub_id).partition("/")[0]
            return f"{name}, post-trained" if known and known.post_trained else name
        case Imported() as model:
            return f"imported {model.digest[:8]}"
        case Scratch() as model:
            how = "pretrained" if any(stage.role == "pretrain" for stage in lineage(leaf)) else "random"
            return f"{model.architecture.family}, {how} here, tokenizer {identity(model.tokenizer)}"


def attention(model: Architecture) -> str:
    """Encoder, decoder, or a decoder whose causal mask is lifted."""
    if not find.family(model.family).decoder:
        return "encoder"
    return "decoder, mask lifted" if model.bidirectional else "decoder"


def method(point: PlannedPoint) -> str:
    """How a point is trained; by role where its intermediate and its target stages differ."""
    stages = dict.fromkeys(stage for leaf in point.leaves for stage in lineage(leaf))
    by_role = {role: _named(stage for stage in stages if stage.role == role) for role in ROLES}
    said = {role: name for role, name in by_role.items() if name}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return ", ".join(f"{role} {name}" for role, name in said.items()) or "no training"


def described(point: PlannedPoint) -> dict[str, str | int]:
    """What stands beside the coordinates of a point wherever its numbers are; nothing for one that cannot be.

    Parameters are those of the encoder; trained ones are those of the last stage before the first target's evaluation,
    adapters or all, with its head.
    """
    if not point.leaves:
        return {}
    leaf = point.leaves[0]
    model = architecture(leaf)
    return {
        "series": series(leaf),
        "attention": attention(model),
        "method": method(point),
        "parameters_total": size(model).parameters,
        "parameters_active": size(model).active,
        "parameters_trained": next((counts(stage).trained for stage in lineage(leaf)), 0),
    }


def _named(stages: Iterable[Train]) -> str:
    return " and ".join(dict.fromkeys(lora_name(stage.recipe.lora) if stage.recipe.lora else FULL for stage in stages))


def lora_name(lora: LoRA) -> str:
    """Adapters in a few words."""
    layers = f", last {lora.last_layers} layers" if lora.last_layers else ""
    kept = "" if lora.merged else ", not merged"
    return f"LoRA r={lora.rank} a={lora.alpha:g} {'+'.join(lora.targets)}{layers}{kept}"
