"""Expand a sweep into its study: every point, its baseline always included, with whole lineages as leaves."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from harness.catalog import find
from harness.plan import recipes
from harness.plan.chain import NO_INTERMEDIATE, Chain, parse_chain
from harness.plan.checks import check_head, check_trainable, check_windows
from harness.plan.datasets import Datasets
from harness.plan.study import Coordinates, PlannedPoint, Study
from harness.plan.sweep import Control, ScratchSpec, Sweep, TargetSpec
from harness.plan.targets import targets_of
from harness.spec.errors import HarnessError
from harness.spec.model import CatalogModel, Pretrained, Scratch, TrainTokenizer
from harness.spec.phase import Evaluate, Train
from harness.spec.task import Data

State = Pretrained | Scratch | Train


@dataclass(frozen=True)
class _Setting:
    """One cell of the intermediate axes."""

    chain: str
    stages: Chain
    amount: float
    batch_size: int
    learning_rate: float | None
    seed: int
    control: Control | None = None

    @property
    def cell(self) -> recipes.Cell:
        """What a recipe needs to know of it."""
        return recipes.Cell(self.amount, self.batch_size, self.learning_rate, self.seed)


def expand(sweep: Sweep, data: Datasets) -> Study:
    """Every point of `sweep` on `data`; raises HarnessError for names or settings that cannot be."""
    chains = [(text, parse_chain(text)) for text in sweep.intermediate if text != NO_INTERMEDIATE]
    points: list[PlannedPoint] = []
    for spec, pretrain_seed in product(sweep.models, sweep.seeds.pretrain):
        builder = _Builder(sweep, data, spec, pretrain_seed)
        for target_seed in dict.fromkeys(sweep.seeds.target):
            points.append(builder.baseline(target_seed))
            if "no_pretraining" in sweep.controls:
                points.append(builder.no_pretraining(target_seed))
        for text, stages in chains:
            points.extend(builder.points(text, stages))
    study = Study(sweep, tuple(points))
    for leaf in study.leaves:
        check_windows(leaf)
    return study


class _Builder:
    """Builds the lineages of one model and pretraining seed."""

    def __init__(self, sweep: Sweep, data: Datasets, spec: str | ScratchSpec, pretrain_seed: int) -> None:
        self._sweep, self._data, self._pretrain_seed = sweep, data, pretrain_seed
        self._name = spec if isinstance(spec, str) else spec.name
        self._model = find.model(spec if isinstance(spec, str) else spec.architecture)
        self._start = _start(spec, self._model, data, pretrain_seed)
        self._targets = targets_of(sweep)
        self._controls = tuple(control for control in sweep.controls if control != "no_pretraining")

    def baseline(self, target_seed: int) -> PlannedPoint:
        """The point without intermediate training."""
        at = Coordinates(self._name, NO_INTERMEDIATE, self._pretrain_seed, target_seed)
        return PlannedPoint(at, tuple(self._leaf(target, self._start, target_seed) for target in self._targets))

    def no_pretraining(self, target_seed: int) -> PlannedPoint:
        """The control without pretraining: the same network with random weights, trained on the targets alone."""
        control: Control = "no_pretraining"
        at = Coordinates(self._name, NO_INTERMEDIATE, self._pretrain_seed, target_seed, control=control)
        if not isinstance(self._start, Train):
            absent = tuple((target.task, _unpretrained(self._start)) for target in self._targets)
            return PlannedPoint(at, (), absent=absent)
        random = self._start.start
        return PlannedPoint(at, tuple(self._leaf(target, random, target_seed) for target in self._targets))

    def points(self, text: str, stages: Chain) -> Iterator[PlannedPoint]:
        """The points of one chain over all axes and seeds, each followed by its controls."""
        sweep = self._sweep
        seeds = sweep.seeds
        pairs = (
            zip(seeds.intermediate, seeds.target, strict=True)
            if seeds.paired
            else product(seeds.intermediate, seeds.target)
        )
        for amount, batch, (seed, target_seed) in product(sweep.axis[1], sweep.batch_size, tuple(pairs)):
            for rate in sweep.learning_rate.grid or (None,):
                for control in (None, *self._controls):
                    yield self._point(_Setting(text, stages, amount, batch, rate, seed, control), target_seed)

    def _point(self, setting: _Setting, target_seed: int) -> PlannedPoint:
        at = Coordinates(
            self._name,
            setting.chain,
            self._pretrain_seed,
            target_seed,
            setting.seed,
            self._sweep.axis[0],
            setting.amount,
            setting.batch_size,
            setting.learning_rate,
            setting.control,
        )
        tasks = {task for stage in setting.stages for task in stage}
        shared = tuple(t.task for t in self._targets if recipes.corpora(recipes.trained_on(t)) & recipes.corpora(tasks))
        if setting.control == "target_more":
            return self._target_more(setting, at, shared)
        state = self._intermediate(setting)
        return PlannedPoint(at, tuple(self._leaf(target, state, target_seed) for target in self._targets), shared)

    def _target_more(self, setting: _Setting, at: Coordinates, shared: tuple[str, ...]) -> PlannedPoint:
        """The same FLOPs spent on each target's own English data instead."""
        reference = self._intermediate(setting)
        leaves, absent = [], []
        for target in self._targets:
            if not recipes.trained_on(target):
                absent.append((target.task, "trains on nothing, so it has no data of its own to spend more on"))
                continue
            data = self._training(recipes.trained_on(target)[:1], target.train_limit)
            recipe = recipes.matching(self._sweep, self._model, data, setting.cell)
            more = Train(self._start, data, recipe, "intermediate", matches=reference)
            leaves.append(self._leaf(target, more, at.target_seed))
        return PlannedPoint(at, tuple(leaves), shared, tuple(absent))

    def _intermediate(self, setting: _Setting) -> Train:
        """The state after all intermediate stages, or after what a control puts in their place."""
        state: State = self._start
        for tasks in setting.stages:
            data = self._training(tasks, self._sweep.intermediate_limit, shuffled=setting.control == "shuffled_labels")
            recipe = recipes.swept(self._sweep, self._model, data, setting.cell)
            state = Train(state, data, recipe, "intermediate")
        assert isinstance(state, Train)  # a chain has at least one stage
        if setting.control == "mlm_en":
            text = self._training(
                tuple(dict.fromkeys(t for stage in setting.stages for t in stage)), self._sweep.intermediate_limit
            )
            masked = (self._data.masked(text),)
            recipe = recipes.matching(self._sweep, self._model, masked, setting.cell)
            state = Train(self._start, masked, recipe, "intermediate", matches=state)
        return state

    def _training(self, tasks: tuple[str, ...], limit: int | None, shuffled: bool = False) -> tuple[Data, ...]:
        sets = tuple(self._data.training(task, limit, shuffled) for task in sorted(tasks))
        for data in sets:
            check_trainable(data)
        return sets

    def _leaf(self, target: TargetSpec, state: State, seed: int) -> Evaluate:
        """Train `state` on the target's English tasks in order, then evaluate."""
        window = recipes.target_window(self._sweep, self._model, target)
        for task in recipes.trained_on(target):
            recipe = recipes.target(self._sweep, self._model, target, task, seed)
            state = Train(state, self._training((task,), target.train_limit), recipe, "target")
            window = recipe.window
        leaf = Evaluate(
            state,
            self._data.evaluation(target),
            window,
            self._layer(target),
            state.recipe.precision if isinstance(state, Train) else "fp32",
            self._data.pool(target),
        )
        check_head(leaf, bool(recipes.trained_on(target)))
        tuning = self._data.tuning(target)
        return dataclasses.replace(leaf, tuning=dataclasses.replace(leaf, data=tuning)) if tuning else leaf

    def _layer(self, target: TargetSpec) -> int | None:
        """The layer whose states retrieve, where no head is trained to."""
        formats = [find.task(name).format for name in (target.task, *recipes.trained_on(target))]
        untrained = formats[0] == "retrieval" and formats[-1] != "retrieval"
        return recipes.retrieval_layer(self._model.architecture) if untrained or formats == ["retrieval"] else None


def _unpretrained(start: Pretrained | Scratch) -> str:
    """Why there is no control without pretraining."""
    if isinstance(start, Pretrained):
        return "the model is published with its weights, so it has no random counterpart here"
    return "the model is not pretrained here, so its baseline is that control already"


def _start(spec: str | ScratchSpec, model: CatalogModel, data: Datasets, seed: int) -> State:
    if isinstance(spec, str):
        if seed:
            raise HarnessError(
                f"model '{spec}': is published, so it has no pretraining seeds; give them to scratch models"
            )
        if model.hub_id is None or model.revision is None:
            raise HarnessError(
                f"model '{spec}': has no published weights; give it a tokenizer and text to train from scratch"
            )
        return Pretrained(model.hub_id, model.revision, model.architecture)
    text = tuple(data.pretraining(part) for part in spec.text)
    tokenizer = TrainTokenizer(spec.tokenizer.algorithm, spec.tokenizer.vocabulary, text)
    scratch = Scratch(recipes.with_vocabulary(model.architecture, spec.tokenizer.vocabulary), tokenizer, seed)
    if spec.pretrain is None:
        return scratch
    masked = (data.masked(text),)
    return Train(scratch, masked, recipes.pretraining(spec, model, masked, seed), "pretrain")
