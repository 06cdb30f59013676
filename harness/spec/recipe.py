"""The recipe: everything that can change a number, for training and for reading examples."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from harness.spec.errors import HarnessError
from harness.spec.load import build, dump
from harness.spec.value import value

Fraction = Annotated[float, Field(ge=0, lt=1)]
Precision = Literal["fp32", "bf16"]
# The matrices of a layer by what they do; `qkv` and `gate_up` are fused ones.
Matrix = Literal["query", "key", "value", "qkv", "output", "gate", "up", "gate_up", "down"]


@value
class Duration:
    """How long a stage trains: `amount` epochs, optimiser steps or model FLOPs.

    With `at_batch_size`, epochs and steps are counted as if the global batch had that size, and the stage takes
    as many steps (epochs) or reads as many examples (steps). `match` spends the model FLOPs of another phase.
    """

    unit: Literal["epochs", "steps", "flops", "match"]
    amount: PositiveFloat = 1.0
    at_batch_size: PositiveInt | None = None


@value
class Window:
    """How examples are cut to the model, in tokens.

    `stride` is the distance between the beginnings of neighbouring span windows; a question takes at most
    `max_query` tokens and half of the window, an answer at most `max_answer`.
    """

    max_length: Annotated[int, Field(ge=8)] = 128
    stride: PositiveInt = 64
    max_query: PositiveInt = 64
    max_answer: PositiveInt = 30


def _weights(given: Any) -> Any:
    """A mapping from task to weight as values in the order of the names: a mapping itself has no stable identity."""
    if isinstance(given, Mapping):
        return tuple({"task": task, "weight": given[task]} for task in sorted(given))
    return tuple(given) if isinstance(given, list) else given


def _proportional_is_none(given: Any) -> Any:
    """The rule that holds without saying so is not said: equal numbers have equal ids."""
    return None if given == {"rule": "proportional"} else given


@value
class TaskWeight:
    """The weight of one task of a mixture, called as the chain calls it."""

    task: str
    weight: PositiveFloat


@value
class Mixing:
    """How the steps of an epoch are shared between concurrent tasks.

    `n` is a task's examples, at most the recipe's `examples_cap`: shares are proportional to n, to n^(1/`temperature`)
    (Arivazhagan et al. 2019), equal, or fixed `weights`, in YAML a mapping from task to weight.
    """

    rule: Literal["proportional", "temperature", "uniform", "weights"]
    temperature: PositiveFloat | None = None
    weights: Annotated[tuple[TaskWeight, ...] | None, BeforeValidator(_weights)] = None

    @model_validator(mode="after")
    def _check(self) -> "Mixing":
        for name in ("temperature", "weights"):
            if (getattr(self, name) is not None) != (self.rule == name):
                raise ValueError(f"mixing: give `{name}` with `rule: {name}`, and only there")
        return self


def _in_one_order(given: Any) -> Any:
    """The same matrices have the same identity, however they are listed."""
    return tuple(sorted(set(given))) if isinstance(given, (list, tuple)) else given


@value
class LoRA:
    """Low-rank adapters (Hu et al. 2022) on the matrices called `targets`, a fused one where a family has it instead.

    The encoder's own weights are frozen; heads are trained whole. Adapters are scaled by alpha / rank and lie in the
    `last_layers` only, if that is given. With `merged`, the next stage adds them to the weights and begins with new
    ones; else it goes on training the same ones. A stage without LoRA adds them to the weights in any case.
    """

    rank: PositiveInt
    alpha: PositiveFloat
    targets: Annotated[tuple[Matrix, ...], BeforeValidator(_in_one_order), Field(min_length=1)] = ("query", "value")
    dropout: Fraction = 0.0
    last_layers: PositiveInt | None = None
    merged: bool = True


@value
class Recipe:
    """One stage of training; batch size in examples per optimiser step over all processes, lengths in tokens.

    `length_window` global batches of one task are drawn together and dealt by length, so that padding stays small.
    `mask` is the share of tokens masked by the format mlm. `examples_cap` bounds a task's examples in an epoch of a
    mixture, `mixing` shares its steps out; None: in proportion to the examples.
    `negatives` is how many pairs of a retrieval task meet in one softmax: all of a global batch, unless it is given.
    `communication` allows ZeRO++ to send weights and gradients in fewer bits; None: they are sent as they are.
    """

    duration: Duration
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    seed: int
    schedule: Literal["linear", "constant"] = "linear"
    warmup: Fraction = 0.1
    weight_decay: NonNegativeFloat = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: PositiveFloat = 1e-8
    clip: PositiveFloat = 1.0
    dropout: Fraction = 0.1
    window: Window = Window()
    precision: Precision = "fp32"
    length_window: PositiveInt = 8
    examples_cap: PositiveInt | None = None
    mask: Fraction = 0.15
    negatives: PositiveInt | None = None
    mixing: Annotated[Mixing | None, BeforeValidator(_proportional_is_none)] = None
    lora: LoRA | None = None
    communication: Literal["quantised"] | None = None

    def learning_rate_at(self, step: int, steps: int) -> float:
        """Learning rate of the 0-based `step` of `steps`: linear warm-up, then linear decay to zero or constant."""
        warm = int(self.warmup * steps)
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * (steps - step) / max(1, steps - warm)


def amended(recipe: Recipe, changes: Mapping[str, Any], where: str) -> Recipe:
    """`recipe` with the plain-data `changes` of a sweep file or a task's defaults; raises HarnessError."""
    plain, window = dump(recipe), changes.get("window", {})
    if not isinstance(window, Mapping):
        raise HarnessError(f"{where}: 'window' is {window!r}, but it should be a mapping such as {{max_length: 128}}")
    return build(Recipe, {**plain, **changes, "window": {**plain["window"], **window}}, where)
