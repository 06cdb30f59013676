"""Which recipe each stage has: house, model and task defaults first, then the sweep file."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from harness.catalog import find
from harness.plan.costs.mixing import mixing_of
from harness.plan.sweeps.chain import parse_chain, task_of
from harness.plan.sweeps.model_specs import Changes, ScratchSpec
from harness.plan.sweeps.recipe_specs import Stages
from harness.plan.sweeps.sweep import Sweep, TargetSpec
from harness.plan.sweeps.targets import targets_of
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, CatalogModel
from harness.spec.recipe import Duration, Mixing, Recipe, amended
from harness.spec.task import Data, Task

HOUSE = Recipe(Duration("epochs", 3.0), batch_size=32, learning_rate=2e-5, seed=0)

# (axis, what is held) for which another batch size is counted as if it were the first: same steps, or same examples.
_COUNTED_AT_FIRST = {("epochs", "steps"), ("steps", "epochs"), ("steps", "flops")}


class Cell(NamedTuple):
    """One cell of the intermediate axes; `learning_rate` is None unless a grid sets it."""

    chain: str
    amount: float
    batch_size: int
    learning_rate: float | None
    seed: int


def swept(sweep: Sweep, model: CatalogModel, data: tuple[Data, ...], cell: Cell) -> Recipe:
    """The recipe of an intermediate stage at one cell of the axes."""
    recipe = _defaults(model, data)
    for changes, where in _intermediate_changes(sweep, model, cell.chain):
        _refuse(changes, ("duration", "batch_size", "seed"), where)
        recipe = amended(recipe, changes, where)
    first = sweep.batch_size[0]
    power = {"fixed": 0.0, "sqrt": 0.5, "linear": 1.0}[sweep.learning_rate.rule]
    rate = cell.learning_rate or recipe.learning_rate * (cell.batch_size / first) ** power
    return dataclasses.replace(
        recipe,
        duration=_duration(sweep, cell),
        batch_size=cell.batch_size,
        learning_rate=rate,
        seed=cell.seed,
        mixing=_mixing(sweep, recipe, data),
    )


def matching(sweep: Sweep, model: CatalogModel, data: tuple[Data, ...], cell: Cell) -> Recipe:
    """The recipe of a control at the same cell, which spends the model FLOPs of another phase."""
    return dataclasses.replace(swept(sweep, model, data, cell), duration=Duration("match"))


def target(sweep: Sweep, model: CatalogModel, spec: TargetSpec, name: str) -> Recipe:
    """The recipe of one of a target's own training stages, its seed still to be given.

    What the catalogue says of a target does not count for a stage of another format, whose head does not answer it:
    Tatoeba after SQuAD is trained as SQuAD is. What the sweep says of a target counts for all of its stages.
    """
    trainer, own = find.task(task_of(name)), find.task(spec.task)
    said = [own.recipe] if trainer.format == own.format else []
    recipe = _over(HOUSE, model.recipe, model.target_recipe, trainer.recipe, *said)
    for changes, where in _target_changes(sweep, model, spec):
        _refuse(changes, ("seed",), where)
        recipe = amended(recipe, changes, where)
    return recipe


def evaluation(sweep: Sweep, model: CatalogModel, spec: TargetSpec) -> Recipe:
    """How a target is evaluated, of which window and precision count, whatever was trained before.

    It cuts its examples as the task that trains its head, unless that has another format.
    """
    own, last = find.task(spec.task), [find.task(task_of(name)) for name in trained_on(spec)[-1:]]
    trainers = [task.recipe for task in last if task.format == own.format]
    recipe = _over(HOUSE, model.recipe, model.target_recipe, *trainers, own.recipe)
    for changes, where in _target_changes(sweep, model, spec):
        recipe = amended(recipe, changes, where)
    return recipe


def pretraining(spec: ScratchSpec, model: CatalogModel, data: tuple[Data, ...], seed: int) -> Recipe:
    """The recipe that pretrains a scratch model."""
    where = f"model '{spec.name}': pretrain"
    _refuse(spec.pretrain or {}, ("seed",), where)
    recipe = amended(_defaults(model, data), spec.pretrain or {}, where)
    return dataclasses.replace(recipe, seed=seed)


def trained_on(spec: TargetSpec) -> tuple[str, ...]:
    """The tasks that train a target, in order."""
    return find.task(spec.task).train if spec.train is None else spec.train


def corpora(names: Iterable[str]) -> set[str]:
    """The corpora behind training tasks: tasks that share one are one source (SQuAD v1.1 is inside v2.0)."""
    return {corpus for name in names for corpus in _corpora(find.task(task_of(name)))}


def _corpora(task: Task) -> tuple[str, ...]:
    return (task.corpus,) if isinstance(task.corpus, str) else task.corpus or (task.name,)


def with_vocabulary(architecture: Architecture, vocabulary: int) -> Architecture:
    """`architecture` with the embedding rows that a tokenizer of its own needs."""
    return dataclasses.replace(architecture, vocabulary=vocabulary)


def _duration(sweep: Sweep, cell: Cell) -> Duration:
    unit, first = sweep.axis[0], sweep.batch_size[0]
    held = first if (unit, sweep.hold) in _COUNTED_AT_FIRST and cell.batch_size != first else None
    return Duration(unit, cell.amount, held)


def _refuse(changes: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """Raise HarnessError for keys that the sweep's axes and seeds set."""
    for key in keys:
        if key in changes:
            raise HarnessError(f"{where}: '{key}' is set by the axes and seeds of the sweep; remove it here")


def _intermediate_changes(sweep: Sweep, model: CatalogModel, chain: str) -> list[tuple[Changes, str]]:
    """What the sweep file changes in the stages of a chain, with its place; the later one wins."""
    everywhere, *own = [(stages.intermediate, f"{where}.intermediate") for stages, where in _stages(sweep, model)]
    by_chain = (sweep.recipe.by_chain.get(chain, {}), f"{sweep.name}: recipe.by_chain.{chain}")
    return [everywhere, by_chain, _said_of(model), *own]


def _target_changes(sweep: Sweep, model: CatalogModel, spec: TargetSpec) -> list[tuple[Changes, str]]:
    """What the sweep file changes in a target's own stages, with its place; the later one wins."""
    named = {target.task for target in targets_of(sweep)}
    found = []
    for stages, where in _stages(sweep, model):
        for name in stages.target:
            if name not in named:
                raise HarnessError(f"{where}.target.{name}: no such target; targets: {', '.join(sorted(named))}")
        found.append((stages.target.get(spec.task, {}), f"{where}.target.{spec.task}"))
    everywhere, *own = found
    return [everywhere, _said_of(model), *own]


def _said_of(model: CatalogModel) -> tuple[Changes, str]:
    """What stands with the model itself: more special than what is said of all models, less than `by_model`."""
    return dict(model.said), f"model '{model.name}': recipe"


def _stages(sweep: Sweep, model: CatalogModel) -> list[tuple[Stages, str]]:
    own = sweep.recipe.by_model.get(model.name)
    place = f"{sweep.name}: recipe"
    return [(sweep.recipe, place), *([(own, f"{place}.by_model.{model.name}")] if own else [])]


def _mixing(sweep: Sweep, recipe: Recipe, data: tuple[Data, ...]) -> Mixing | None:
    """How the tasks of one stage are mixed; a weight that no chain has a task for is a slip."""
    every = {name for text in sweep.chains for stage in parse_chain(text) for name in stage}
    return mixing_of(recipe.mixing, [part.name for part in data], every)


def _defaults(model: CatalogModel, data: tuple[Data, ...]) -> Recipe:
    """Model defaults, then the task's; a mixture takes the widest window of its tasks and the fewest `negatives`."""
    tasks: list[Task] = [find.task(part.task) for part in data]
    if len(tasks) == 1:
        return _over(HOUSE, model.recipe, tasks[0].recipe)
    recipes = [_over(HOUSE, model.recipe, task.recipe) for task in tasks]
    return dataclasses.replace(
        _over(HOUSE, model.recipe),
        window=max((recipe.window for recipe in recipes), key=lambda window: window.max_length),
        negatives=min((recipe.negatives for recipe in recipes if recipe.negatives), default=None),
    )


def _over(recipe: Recipe, *changes: Mapping[str, Any]) -> Recipe:
    for change in changes:
        recipe = amended(recipe, change, "catalogue defaults")
    return recipe
