"""The sweep file as a value: what is swept, on which models, towards which targets."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PositiveFloat, PositiveInt, Tag, model_validator

from harness.plan.sweeps.analysis_spec import AnalysisSpec
from harness.plan.sweeps.chain import NO_INTERMEDIATE
from harness.plan.sweeps.model_specs import Amounts, Languages, ModelSpec, Name, Names, TextSet, name_of, several
from harness.plan.sweeps.recipe_specs import LearningRate, Recipes
from harness.plan.sweeps.split_rule import SplitRule
from harness.spec.value import value

Unit = Literal["epochs", "steps", "flops"]
# The first three stand beside every point of the axes; the last beside every baseline.
Control = Literal["target_more", "mlm_en", "shuffled_labels", "no_pretraining"]


def _seeds(given: Any) -> Any:
    """A plain list seeds both kinds of stage alike, pair by pair."""
    if isinstance(given, (list, tuple, int)):
        return {"intermediate": several(given), "target": several(given), "paired": True}
    return given


Counts = Annotated[tuple[PositiveInt, ...], BeforeValidator(several), Field(min_length=1)]
SeedList = Annotated[tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(several), Field(min_length=1)]


@value
class TargetSpec:
    """A target task; `train` replaces the chain of tasks that the catalogue trains it on."""

    task: Name
    train: tuple[Name, ...] | None = None
    languages: Languages = "all"
    split: str | None = None
    limit: PositiveInt | None = None
    train_limit: PositiveInt | None = None


Targets = Annotated[
    Annotated[Name, Tag("one")] | Annotated[tuple[Name | TargetSpec, ...], Tag("several")],
    Discriminator(
        lambda given: {str: "one", list: "several", tuple: "several"}.get(type(given)) if given else None,
        custom_error_type="no_targets",
        custom_error_message="Input should name tasks or a suite, such as `targets: toy`",
    ),
]


@value
class Seeds:
    """Seeds by kind of stage; `paired` takes intermediate and target seeds together, else they are crossed."""

    intermediate: SeedList = (1,)
    target: SeedList = (1,)
    pretrain: SeedList = (0,)
    paired: bool = False

    @model_validator(mode="after")
    def _check(self) -> "Seeds":
        if self.paired and len(self.intermediate) != len(self.target):
            raise ValueError("paired seeds need as many intermediate as target seeds")
        return self


@value
class Expected:
    """A published value that the report sets beside the measured one; `tolerance` in the same points.

    `measure` is what MLflow shows, such as xnli/score, xtreme/score or gain/low; of a model after `intermediate`.
    """

    model: Name
    measure: Annotated[str, Field(pattern=r"^[a-z0-9_]+/[a-z0-9_]+$")]
    value: float
    tolerance: PositiveFloat
    source: Name
    intermediate: Name = NO_INTERMEDIATE


@value
class Tracking:
    """What MLflow shows: scores of single languages as metrics as far as whole tasks fit into its tables, or all."""

    languages: Literal["fitting", "all"] = "fitting"


@value
class Sweep:
    """One sweep file; the axes (duration, batch size, learning rate) apply to every intermediate stage, only there.

    `targets` names tasks and suites; `targets.targets_of` takes the suites apart. `text` is what the task `mlm` of a
    chain reads; without it, the text that a model from scratch was pretrained on. Without a `strategy`, each phase has
    one that fits and takes least time, where the cluster says what it is made of. `analysis` fixes what is tested
    before the first phase; without it, all that the report tells was explored.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    models: Annotated[tuple[ModelSpec, ...], Field(min_length=1)]
    intermediate: Names
    targets: Targets
    batch_size: Counts = ()
    epochs: Counts | None = None
    steps: Counts | None = None
    flops: Amounts | None = None
    hold: Unit | None = None
    learning_rate: LearningRate = LearningRate()
    seeds: Annotated[Seeds, BeforeValidator(_seeds)] = Seeds()
    recipe: Recipes = Recipes()
    controls: tuple[Control, ...] = ()
    intermediate_limit: PositiveInt | None = None
    text: tuple[TextSet, ...] = ()
    expected: tuple[Expected, ...] = ()
    split: SplitRule = SplitRule()
    analysis: AnalysisSpec | None = None
    mlflow: Tracking = Tracking()
    strategy: Name | None = None
    cluster: Name = "local"
    keep: Literal["needed", "all"] = "needed"

    @model_validator(mode="after")
    def _check(self) -> "Sweep":
        axes = [unit for unit in ("epochs", "steps", "flops") if getattr(self, unit) is not None]
        if self.chains and not self.batch_size:
            raise ValueError("'batch_size' is missing; the intermediate stages need one")
        if len(axes) > 1 or (self.chains and not axes):
            raise ValueError(f"give exactly one of epochs, steps, flops; given: {', '.join(axes) or 'none'}")
        if len(self.batch_size) > 1 and self.hold is None:
            raise ValueError(
                "batch_size is swept, so say what it holds: add `hold: epochs`, `hold: steps` or `hold: flops`"
            )
        if axes == ["flops"] and self.hold in ("epochs", "steps"):
            raise ValueError(f"a flops axis holds flops; `hold: {self.hold}` needs an epochs or steps axis")
        if "no_pretraining" in self.controls and all(getattr(model, "pretrain", None) is None for model in self.models):
            raise ValueError("controls: no_pretraining needs a model that is pretrained here, with `pretrain`")
        if self.analysis and self.analysis.over == "target_more" and "target_more" not in self.controls:
            raise ValueError("analysis: `over: target_more` needs that control; write `controls: [target_more]`")
        self._check_names()
        for name, values in self._named_once():
            if len(set(values)) < len(values):
                raise ValueError(f"'{name}' names a value twice: {', '.join(map(str, values))}")
        return self

    def _check_names(self) -> None:
        for chain in self.recipe.by_chain:
            if chain not in self.chains:
                raise ValueError(f"recipe.by_chain: '{chain}' is not under `intermediate`; write it as there")
        names = [name_of(model) for model in self.models]
        named = {f"recipe.by_model.{name}": name for name in self.recipe.by_model}
        named |= {f"expected.{index}.model": each.model for index, each in enumerate(self.expected)}
        for place, name in named.items():
            if name not in names:
                raise ValueError(f"{place}: there is no model '{name}' in this sweep; models: {', '.join(names)}")

    def _named_once(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        yield "intermediate", self.intermediate
        yield "batch_size", self.batch_size
        yield self.axis
        yield "models", tuple(map(name_of, self.models))
        yield "targets", tuple(each if isinstance(each, str) else each.task for each in self.asked)
        yield "controls", self.controls
        yield "analysis.secondary", self.analysis.secondary if self.analysis else ()
        yield "learning_rate.grid", self.learning_rate.grid or ()
        for kind in ("pretrain", "intermediate", "target"):
            yield f"seeds.{kind}", getattr(self.seeds, kind)

    @property
    def asked(self) -> tuple[str | TargetSpec, ...]:
        """The entries under `targets`, of which a single name is one."""
        return (self.targets,) if isinstance(self.targets, str) else self.targets

    @property
    def axis(self) -> tuple[Unit, tuple[float, ...]]:
        """The unit of the duration axis and its amounts."""
        if self.epochs is not None:
            return "epochs", self.epochs
        if self.steps is not None:
            return "steps", self.steps
        return ("flops", self.flops) if self.flops is not None else ("epochs", ())

    @property
    def chains(self) -> tuple[str, ...]:
        """The chains that have a stage at all."""
        return tuple(text for text in self.intermediate if text != NO_INTERMEDIATE)
