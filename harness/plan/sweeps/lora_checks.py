"""What a study's adapters must meet before it is planned: matrices that the model has, and stages that fit together."""

from dataclasses import replace
from functools import cache
from typing import get_args

from harness.catalog import find
from harness.plan.network.lora import FUSED, adapted
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, Train, architecture, continued, lineage, slug
from harness.spec.recipe import LoRA, Matrix


def check_adapters(leaf: Evaluate) -> None:
    """Raise HarnessError for adapters that the model has no place for, or that a stage cannot go on training."""
    for phase in lineage(leaf):
        if phase.recipe.lora:
            _check_targets(architecture(phase), phase.recipe.lora, slug(phase))
            _check_rank(architecture(phase), phase.recipe.lora, slug(phase))
            _check_continued(phase.recipe.lora, phase)


def _check_targets(model: Architecture, lora: LoRA, where: str) -> None:
    known = _matrices(model)
    for target in lora.targets:
        if target not in known:
            experts = "; experts are not adapted" if model.experts else ""
            raise HarnessError(
                f"{where}: lora.targets names '{target}', but the layers of '{model.family}' have "
                f"{', '.join(known)}{experts}"
            )
    if lora.last_layers and lora.last_layers > model.layers:
        raise HarnessError(f"{where}: lora.last_layers is {lora.last_layers}, but the model has {model.layers} layers")


@cache
def _check_rank(model: Architecture, lora: LoRA, where: str) -> None:
    """More than the rank of the matrix itself would train more numbers than the matrix has directions."""
    smallest = min(adapted(model, lora), key=lambda weight: min(weight.shape))
    if lora.rank > (limit := min(smallest.shape)):
        raise HarnessError(f"{where}: lora.rank is {lora.rank}, but {smallest.name} allows at most {limit}")


@cache
def _matrices(model: Architecture) -> tuple[str, ...]:
    """What adapters can be put beside, and what is fused into it."""
    last = find.family(model.family).layer(model, model.layers - 1)
    roles = {weight.role for weight in last}.intersection(get_args(Matrix))
    return tuple(sorted(roles.union(*(FUSED[role] for role in roles.intersection(FUSED)))))


def _check_continued(lora: LoRA, phase: Train) -> None:
    before = continued(phase)
    if before and _shape(before.recipe.lora) != _shape(lora):
        raise HarnessError(
            f"{slug(phase)}: goes on training the adapters of {slug(before)}, which are not merged, but with another "
            "rank, alpha, targets or last_layers; give both the same `lora`, or set `merged: true` in the earlier one"
        )


def _shape(lora: LoRA | None) -> LoRA | None:
    """What two stages with the same adapters must have in common."""
    return replace(lora, dropout=0.0, merged=True, targets=tuple(sorted(lora.targets))) if lora else None
