"""Phases: one step of work each; a phase contains its parent, so a leaf is a whole lineage."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Literal, TypeVar, Union

from pydantic import Field

from harness.spec.model import Architecture, Imported, Model, Pretrained, Scratch, TrainTokenizer
from harness.spec.recipe import Precision, Recipe, Window
from harness.spec.task import Data
from harness.spec.value import value

P = TypeVar("P", "Train", "Evaluate")
Start = Annotated[Union[Pretrained, Scratch, Imported, "Train"], Field(discriminator="kind")]


@value
class Train:
    """Train `start` on `data` (several sets: concurrently) by `recipe`.

    `matches` is the phase whose model FLOPs are spent again when the recipe's duration says `match`.
    """

    start: Start
    data: tuple[Data, ...]
    recipe: Recipe
    role: Literal["pretrain", "intermediate", "target"]
    matches: "Train | None" = None
    kind: Literal["train"] = "train"

    @property
    def precision(self) -> Precision:
        """What it computes in, as an evaluation says it of itself."""
        return self.recipe.precision

    @property
    def window(self) -> Window:
        """How it cuts texts, as an evaluation says it of itself."""
        return self.recipe.window


@value
class Evaluate:
    """Predict `data` in all its languages with `of`.

    `layer` counts from 0, the embeddings, for retrieval without a trained head. `pool` are candidates that all
    languages share. `tuning` is the evaluation that fixes a free parameter of the metric.
    """

    of: Start
    data: Data
    window: Window = Window()
    layer: int | None = None
    precision: Precision = "fp32"
    pool: Data | None = None
    tuning: "Evaluate | None" = None
    kind: Literal["evaluate"] = "evaluate"

    @property
    def head(self) -> str | None:
        """The head that answers: that of the task `of` was last trained on; None where a layer's states are read."""
        return self.of.data[0].task if isinstance(self.of, Train) and self.layer is None else None


Phase = Annotated[TrainTokenizer | Train | Evaluate, Field(discriminator="kind")]
AnyPhase = TrainTokenizer | Train | Evaluate


@cache
def parents(phase: AnyPhase) -> tuple[AnyPhase, ...]:
    """The phases whose outputs `phase` reads."""
    match phase:
        case TrainTokenizer():
            return ()
        case Train():
            return tuple(dict.fromkeys((*_made(phase.start), *_masked_heads(phase), *_given(phase.matches))))
        case Evaluate():
            return (*_made(phase.of), *_given(phase.tuning))


def lineage(phase: Train | Evaluate) -> Iterator[Train]:
    """The training phases that made `phase`, itself included, last first."""
    step = phase.of if isinstance(phase, Evaluate) else phase
    while isinstance(step, Train):
        yield step
        step = step.start


def matched(phase: Train) -> tuple[Train, ...]:
    """The stages whose model FLOPs `phase` spends again: those of `phase.matches` after their common start."""
    shared = set(lineage(phase))
    return tuple(stage for stage in lineage(phase.matches) if stage not in shared) if phase.matches else ()


def continued(phase: Train) -> Train | None:
    """The stage before, where `phase` goes on training its adapters because they were not merged."""
    before, own = phase.start, phase.recipe.lora
    if own is None or not isinstance(before, Train) or before.recipe.lora is None or before.recipe.lora.merged:
        return None
    return before


def beneath(phase: Train) -> Model | Train:
    """What hands on the weights on which the adapters of `phase` lie; without adapters, those that it begins with."""
    before = continued(phase)
    return beneath(before) if before else phase.start


def stored(start: Model | Train) -> Iterator[Train]:
    """The stages whose files hold the weights of `start`: a stage with adapters stores these alone."""
    while isinstance(start, Train):
        yield start
        if start.recipe.lora is None:
            return
        start = beneath(start)


def masked_head(start: Model | Train) -> Model | Train:
    """What has the masked head that stays with the encoder of `start`: the last stage that trained it, or the model."""
    while isinstance(start, Train) and all(data.format != "mlm" for data in start.data):
        start = start.start
    return start


def origin(phase: Train | Evaluate) -> Model:
    """The model at the root of a lineage."""
    step: Model | Train = phase.of if isinstance(phase, Evaluate) else phase.start
    while isinstance(step, Train):
        step = step.start
    return step


def architecture(phase: Train | Evaluate) -> Architecture:
    """The architecture that a phase trains or evaluates."""
    return origin(phase).architecture


def slug(phase: AnyPhase) -> str:
    """A readable name for folders; never unique, the id is."""
    match phase:
        case TrainTokenizer():
            return f"tokenizer-{phase.algorithm}"
        case Train():
            return f"{phase.role}-{'+'.join(data.name for data in phase.data)}"
        case Evaluate():
            return f"evaluate-{phase.data.task}"


def _made(start: Model | Train) -> tuple[TrainTokenizer | Train, ...]:
    match start:
        case Train():
            return (*tokenizers(start), *stored(start))
        case Scratch():
            return (start.tokenizer,)
        case Pretrained() | Imported():
            return ()


def _masked_heads(phase: Train) -> tuple[Train, ...]:
    """The stage whose masked head `phase` trains on, where it trains it at all."""
    found = masked_head(phase.start) if any(data.format == "mlm" for data in phase.data) else None
    return (found,) if isinstance(found, Train) else ()


def _given(phase: P | None) -> tuple[P, ...]:
    return () if phase is None else (phase,)


def tokenizers(phase: Train | Evaluate) -> tuple[TrainTokenizer, ...]:
    """The tokenizer phase of a scratch model, or nothing for a pretrained one."""
    model = origin(phase)
    return (model.tokenizer,) if isinstance(model, Scratch) else ()
