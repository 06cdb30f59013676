"""Which recipe each stage has: house, model and task defaults first, then the sweep file."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from harness.catalog import find
from harness.plan.sweep import ScratchSpec, Sweep, TargetSpec
from harness.plan.targets import targets_of
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, CatalogModel
from harness.spec.recipe import Duration, Recipe, Window, amended
from harness.spec.task import Data, Task

HOUSE = Recipe(Duration("epochs", 3.0), batch_size=32, learning_rate=2e-5, seed=0)

# (axis, what is held) for which another batch size is counted as if it were the first: same steps, or same examples.
_COUNTED_AT_FIRST = {("epochs", "steps"), ("steps", "epochs"), ("steps", "flops")}


class Cell(NamedTuple):
    """One cell of the intermediate axes; `learning_rate` is None unless a grid sets it."""

    amount: float
    batch_size: int
    learning_rate: float | None
    seed: int


def swept(sweep: Sweep, model: CatalogModel, data: tuple[Data, ...], cell: Cell) -> Recipe:
    """The recipe of an intermediate stage at one cell of the axes."""
    where = f"{sweep.name}: recipe.intermediate"
    _refuse(sweep.recipe.intermediate, ("duration", "batch_size", "seed"), where)
    recipe = amended(_defaults(model, data), sweep.recipe.intermediate, where)
    first = sweep.batch_size[0]
    power = {"fixed": 0.0, "sqrt": 0.5, "linear": 1.0}[sweep.learning_rate.rule]
    rate = cell.learning_rate or recipe.learning_rate * (cell.batch_size / first) ** power
    duration = _duration(sweep, cell)
    return dataclasses.replace(
        recipe, duration=duration, batch_size=cell.batch_size, learning_rate=rate, seed=cell.seed
    )


def matching(sweep: Sweep, model: CatalogModel, data: tuple[Data, ...], cell: Cell) -> Recipe:
    """The recipe of a control at the same cell, which spends the model FLOPs of another phase."""
    return dataclasses.replace(swept(sweep, model, data, cell), duration=Duration("match"))


def target(sweep: Sweep, model: CatalogModel, spec: TargetSpec, task: str, seed: int) -> Recipe:
    """The recipe of one of a target's own training stages."""
    changes = _target_changes(sweep, spec)
    _refuse(changes, ("seed",), f"{sweep.name}: recipe.target.{spec.task}")
    defaults = _over(HOUSE, model.recipe, find.task(task).recipe, find.task(spec.task).recipe)
    return dataclasses.replace(amended(defaults, changes, f"{sweep.name}: recipe.target.{spec.task}"), seed=seed)


def target_window(sweep: Sweep, model: CatalogModel, spec: TargetSpec) -> Window:
    """How a target without training of its own cuts its examples."""
    defaults = _over(HOUSE, model.recipe, find.task(spec.task).recipe)
    return amended(defaults, _target_changes(sweep, spec), f"{sweep.name}: recipe.target.{spec.task}").window


def pretraining(spec: ScratchSpec, model: CatalogModel, data: tuple[Data, ...], seed: int) -> Recipe:
    """The recipe that pretrains a scratch model."""
    where = f"model '{spec.name}': pretrain"
    _refuse(spec.pretrain or {}, ("seed",), where)
    recipe = amended(_defaults(model, data), spec.pretrain or {}, where)
    return dataclasses.replace(recipe, seed=seed)


def trained_on(spec: TargetSpec) -> tuple[str, ...]:
    """The tasks that train a target, in order."""
    return find.task(spec.task).train if spec.train is None else spec.train


def corpora(tasks: Iterable[str]) -> set[str]:
    """The corpora behind `tasks`: tasks that share one are one source (SQuAD v1.1 is inside v2.0)."""
    return {find.task(task).corpus or task for task in tasks}


def with_vocabulary(architecture: Architecture, vocabulary: int) -> Architecture:
    """`architecture` with the embedding rows that a tokenizer of its own needs."""
    return dataclasses.replace(architecture, vocabulary=vocabulary)


def retrieval_layer(architecture: Architecture) -> int:
    """The layer whose mean-pooled states retrieve: 14 of 24 (XTREME and jiant for XLM-R Large), in proportion."""
    return max(1, round(architecture.layers * 14 / 24))


def _duration(sweep: Sweep, cell: Cell) -> Duration:
    unit, first = sweep.axis[0], sweep.batch_size[0]
    held = first if (unit, sweep.hold) in _COUNTED_AT_FIRST and cell.batch_size != first else None
    return Duration(unit, cell.amount, held)


def _refuse(changes: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """Raise HarnessError for keys that the sweep's axes and seeds set."""
    for key in keys:
        if key in changes:
            raise HarnessError(f"{where}: '{key}' is set by the axes and seeds of the sweep; remove it here")


def _target_changes(sweep: Sweep, spec: TargetSpec) -> Mapping[str, Any]:
    named = {target.task for target in targets_of(sweep)}
    for name in sweep.recipe.target:
        if name not in named:
            raise HarnessError(
                f"{sweep.name}: recipe.target.{name}: no such target; targets: {', '.join(sorted(named))}"
            )
    return sweep.recipe.target.get(spec.task, {})


def _defaults(model: CatalogModel, data: tuple[Data, ...]) -> Recipe:
    """Model defaults, then the task's; a mixture takes only the widest window of its tasks."""
    tasks: list[Task] = [find.task(part.task) for part in data]
    if len(tasks) == 1:
        return _over(HOUSE, model.recipe, tasks[0].recipe)
    windows = [_over(HOUSE, model.recipe, task.recipe).window for task in tasks]
    return dataclasses.replace(_over(HOUSE, model.recipe), window=max(windows, key=lambda window: window.max_length))


def _over(recipe: Recipe, *changes: Mapping[str, Any]) -> Recipe:
    for change in changes:
        recipe = amended(recipe, change, "catalogue defaults")
    return recipe
