"""The models of a sweep file: a catalogue name, one trained from scratch here, or one imported; and shared words."""

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PositiveFloat, PositiveInt, Tag

from harness.spec.value import value


def several(given: Any) -> Any:
    """One value or a list of them."""
    return tuple(given) if isinstance(given, (list, tuple)) else (given,)


Name = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[Name, ...], BeforeValidator(several)]
Amounts = Annotated[tuple[PositiveFloat, ...], BeforeValidator(several), Field(min_length=1)]
Languages = Literal["all", "present"] | Annotated[tuple[Name, ...], Field(min_length=1)]
Changes = dict[str, Any]


@value
class TextSet:
    """Text that a tokenizer or a language model is trained on: a split of a task, in some languages.

    `limit` keeps the first rows of each language.
    """

    task: Name
    split: str = "train"
    languages: Languages = "present"
    limit: PositiveInt | None = None


@value
class TokenizerSpec:
    """The tokenizer of a scratch model, trained on the same text as the model."""

    algorithm: Literal["unigram", "words"]
    vocabulary: PositiveInt


@value
class ScratchSpec:
    """A model drawn from a seed and pretrained here; without `pretrain` it stays random (a control).

    `recipe` is for all stages after the pretraining. `attention: bidirectional` lifts a decoder's causal mask.
    """

    name: Name
    architecture: Name
    tokenizer: TokenizerSpec
    text: Annotated[tuple[TextSet, ...], Field(min_length=1)]
    pretrain: Changes | None = None
    recipe: Changes = field(default_factory=dict)
    attention: Literal["bidirectional"] | None = None


@value
class VariantSpec:
    """A model of the catalogue under a name of its own, with a recipe or a mask of its own.

    So one sweep may hold a model with LoRA and without. `attention: bidirectional` lifts a decoder's causal mask.
    `recipe` wins over the sweep's `recipe.intermediate`, `by_chain` and `target.<task>`; its `by_model` wins over that.
    """

    name: Name
    model: Name
    recipe: Changes = field(default_factory=dict)
    attention: Literal["bidirectional"] | None = None


@value
class ImportedSpec:
    """A checkpoint that `harness import` has copied into the run folder, by the beginning of its digest."""

    name: Name
    imported: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]


def _kind(given: Any) -> str:
    if isinstance(given, str):
        return "published"
    if isinstance(given, VariantSpec) or "model" in _keys(given):
        return "variant"
    return "imported" if isinstance(given, ImportedSpec) or "imported" in _keys(given) else "scratch"


def _keys(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, dict) else ()


ModelSpec = Annotated[
    Annotated[Name, Tag("published")]
    | Annotated[VariantSpec, Tag("variant")]
    | Annotated[ScratchSpec, Tag("scratch")]
    | Annotated[ImportedSpec, Tag("imported")],
    Discriminator(_kind),
]


def name_of(spec: "str | VariantSpec | ScratchSpec | ImportedSpec") -> str:
    """What the sweep calls a model."""
    return spec if isinstance(spec, str) else spec.name
