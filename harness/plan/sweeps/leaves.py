"""What a target adds to any state of a model: the stages of its own, then its evaluation."""

import dataclasses
from dataclasses import dataclass
from functools import cache

from harness.catalog import find
from harness.plan.network.layers import retrieval_layer
from harness.plan.sweeps import recipes
from harness.plan.sweeps.chain import task_of
from harness.plan.sweeps.checks import check_head, check_trainable
from harness.plan.sweeps.datasets import Datasets
from harness.plan.sweeps.roots import State
from harness.plan.sweeps.sweep import Sweep, TargetSpec
from harness.spec.model import CatalogModel
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Precision, Recipe, Window
from harness.spec.task import Data


@dataclass(frozen=True)
class Leaf:
    """One target of one model; `stages` train it in order, their seeds still to be given."""

    stages: tuple[tuple[tuple[Data, ...], Recipe], ...]
    data: Data
    window: Window
    layer: int | None
    precision: Precision
    pool: Data | None
    tuning: Data | None
    checked: tuple[Data, ...] = ()

    def after(self, state: State, seed: int) -> Evaluate:
        """The evaluation after `state` has been trained on the target's own tasks with `seed`.

        Raises HarnessError where nothing has trained a head that can answer.
        """
        for data, recipe in self.stages:
            state = Train(state, data, _seeded(recipe, seed), "target")
        leaf = Evaluate(state, self.data, self.window, self.layer, self.precision, self.pool)
        check_head(leaf, bool(self.stages))
        return dataclasses.replace(leaf, tuning=dataclasses.replace(leaf, data=self.tuning)) if self.tuning else leaf

    def check(self, leaf: Evaluate) -> Evaluate | None:
        """The evaluation of what was trained for `leaf` on English dev rows; None where nothing was, or has none.

        They are the target's own where its head answers them, else those of the task that it was trained on last. Where
        a pool of candidates would have to be read once more for them, as much as for the target itself, there are none.
        """
        if not self.stages or not isinstance(leaf.of, Train):
            return None
        trainer = leaf.of.data[0]
        answered = (trainer.format, trainer.labels)
        rows = next((data for data in self.checked if (data.format, data.labels) == answered), None)
        if rows is None or find.task(rows.task).pool:
            return None
        window = self.window if rows.task == self.data.task else leaf.of.recipe.window
        return Evaluate(leaf.of, rows, window, None, self.precision)


def leaf_of(sweep: Sweep, model: CatalogModel, target: TargetSpec, data: Datasets) -> Leaf:
    """What `target` adds to states of `model`; its precision is that of the last stage."""
    recipe = read = recipes.evaluation(sweep, model, target)
    stages = []
    for name in recipes.trained_on(target):
        recipe = recipes.target(sweep, model, target, name)
        rows = data.training(name, target.train_limit, shuffled=False)
        check_trainable(rows)
        stages.append(((rows,), recipe))
    asked = sweep.analysis and sweep.analysis.collapse
    names = dict.fromkeys((target.task, *recipes.trained_on(target)[-1:])) if asked else {}
    return Leaf(
        stages=tuple(stages),
        data=data.evaluation(target),
        window=read.window,
        layer=_layer(model, target),
        precision=recipe.precision,
        pool=data.pool(target),
        tuning=data.tuning(target),
        checked=tuple(dev for name in names if (dev := data.english_dev(task_of(name)))),
    )


@cache
def _seeded(recipe: Recipe, seed: int) -> Recipe:
    return dataclasses.replace(recipe, seed=seed)


def _layer(model: CatalogModel, target: TargetSpec) -> int | None:
    """The layer whose states retrieve, where no head is trained to."""
    formats = [find.task(task_of(name)).format for name in (target.task, *recipes.trained_on(target))]
    untrained = formats[0] == "retrieval" and formats[-1] != "retrieval"
    return retrieval_layer(model.architecture) if untrained or formats == ["retrieval"] else None
