"""Expand a sweep into its study: every point, its baseline always included, with whole lineages as leaves."""

from collections.abc import Iterator
from itertools import product

from harness.plan.sweeps import recipes
from harness.plan.sweeps.chain import MASKED, NO_INTERMEDIATE, Chain, parse_chain
from harness.plan.sweeps.checks import check_expected, check_limits, check_sets, check_trainable, check_windows
from harness.plan.sweeps.datasets import Datasets
from harness.plan.sweeps.leaves import leaf_of
from harness.plan.sweeps.lora_checks import check_adapters
from harness.plan.sweeps.model_specs import ScratchSpec
from harness.plan.sweeps.roots import Spec, State, catalogued, masked_text, start_of, why_no_random_counterpart
from harness.plan.sweeps.setting import Setting
from harness.plan.sweeps.study import Coordinates, PlannedPoint, Study
from harness.plan.sweeps.sweep import Control, Sweep, TargetSpec
from harness.plan.sweeps.targets import targets_of
from harness.plan.sweeps.text import text_format
from harness.spec.phase import Evaluate, Train
from harness.spec.task import Data


def expand(sweep: Sweep, data: Datasets) -> Study:
    """Every point of `sweep` on `data`; raises HarnessError for names or settings that cannot be."""
    check_expected(sweep, [target.task for target in targets_of(sweep)])
    check_limits(targets_of(sweep))
    check_sets(sweep, targets_of(sweep))
    chains = [(text, parse_chain(text)) for text in sweep.chains]
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
    for leaf in study.evaluations:
        check_windows(leaf)
        check_adapters(leaf)
    return study


class _Builder:
    """Builds the lineages of one model and pretraining seed."""

    def __init__(self, sweep: Sweep, data: Datasets, spec: Spec, pretrain_seed: int) -> None:
        self._sweep, self._data, self._spec, self._pretrain_seed = sweep, data, spec, pretrain_seed
        self._model = catalogued(spec, data)
        self._name = self._model.name
        self._start = start_of(spec, self._model, data, pretrain_seed)
        self._targets = targets_of(sweep)
        self._leaves = {target.task: leaf_of(sweep, self._model, target, data) for target in self._targets}
        self._intermediates: dict[Setting, Train] = {}
        self._controls = tuple(control for control in sweep.controls if control != "no_pretraining")

    def baseline(self, target_seed: int) -> PlannedPoint:
        """The point without intermediate training."""
        at = Coordinates(self._name, NO_INTERMEDIATE, self._pretrain_seed, target_seed)
        return self._planned(at, self._after(self._start, target_seed))

    def no_pretraining(self, target_seed: int) -> PlannedPoint:
        """The control without pretraining: the same network with random weights, trained on the targets alone."""
        control: Control = "no_pretraining"
        at = Coordinates(self._name, NO_INTERMEDIATE, self._pretrain_seed, target_seed, control=control)
        if not isinstance(self._start, Train):
            return self._absent(at, why_no_random_counterpart(self._start))
        random = self._start.start
        return self._planned(at, self._after(random, target_seed))

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
                    yield self._point(Setting(text, stages, amount, batch, rate, seed, control), target_seed)

    def _point(self, setting: Setting, target_seed: int) -> PlannedPoint:
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
        shared = tuple(t.task for t in self._targets if self._same_source(t, setting))
        if reason := setting.why_absent:
            return self._absent(at, reason)
        if setting.control == "target_more":
            return self._target_more(setting, at, shared)
        state = self._intermediate(setting)
        return self._planned(at, self._after(state, target_seed), shared)

    def _planned(
        self,
        at: Coordinates,
        leaves: tuple[Evaluate, ...],
        shared: tuple[str, ...] = (),
        absent: tuple[tuple[str, str], ...] = (),
    ) -> PlannedPoint:
        """A point with the checks of its leaves."""
        found = ((leaf.data.task, self._leaves[leaf.data.task].check(leaf)) for leaf in leaves)
        return PlannedPoint(at, leaves, shared, absent, tuple((task, check) for task, check in found if check))

    def _after(self, state: State, seed: int) -> tuple[Evaluate, ...]:
        """`state` on every target."""
        return tuple(leaf.after(state, seed) for leaf in self._leaves.values())

    def _same_source(self, target: TargetSpec, setting: Setting) -> bool:
        return bool(recipes.corpora(recipes.trained_on(target)) & recipes.corpora(setting.tasks))

    def _absent(self, at: Coordinates, reason: str) -> PlannedPoint:
        """A point that cannot be, with the reason for each target."""
        return PlannedPoint(at, (), absent=tuple((target.task, reason) for target in self._targets))

    def _target_more(self, setting: Setting, at: Coordinates, shared: tuple[str, ...]) -> PlannedPoint:
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
            leaves.append(self._leaves[target.task].after(more, at.target_seed))
        return self._planned(at, tuple(leaves), shared, tuple(absent))

    def _intermediate(self, setting: Setting) -> Train:
        """The state after all intermediate stages, or what a control puts in their place; all targets share it."""
        if setting not in self._intermediates:
            self._intermediates[setting] = self._trained(setting)
        return self._intermediates[setting]

    def _trained(self, setting: Setting) -> Train:
        state: State = self._start
        for tasks in setting.stages:
            data = self._training(tasks, self._sweep.intermediate_limit, shuffled=setting.control == "shuffled_labels")
            recipe = recipes.swept(self._sweep, self._model, data, setting.cell)
            state = Train(state, data, recipe, "intermediate")
        assert isinstance(state, Train)  # a chain has at least one stage
        if setting.control == "mlm_en":
            text = self._training(setting.labelled, self._sweep.intermediate_limit)
            masked = (self._unlabelled(text),)
            recipe = recipes.matching(self._sweep, self._model, masked, setting.cell)
            state = Train(self._start, masked, recipe, "intermediate", matches=state)
        return state

    def _training(self, tasks: tuple[str, ...], limit: int | None, shuffled: bool = False) -> tuple[Data, ...]:
        sets = tuple(self._set(name, limit, shuffled) for name in sorted(tasks))
        for data in sets:
            check_trainable(data)
        return sets

    def _set(self, name: str, limit: int | None, shuffled: bool) -> Data:
        if name != MASKED:
            return self._data.training(name, limit, shuffled)
        text = masked_text(self._spec, self._sweep.text)
        return self._unlabelled(tuple(self._data.pretraining(part) for part in text), limit)

    def _unlabelled(self, text: tuple[Data, ...], limit: int | None = None) -> Data:
        return self._data.unlabelled(text, text_format(self._model, isinstance(self._spec, ScratchSpec)), limit)
