"""Models and tokenizers: pretrained on the hub, or drawn from a seed and trained here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from harness.spec.errors import HarnessError
from harness.spec.task import Data
from harness.spec.value import value


@value
class Architecture:
    """A transformer as numbers; `vocabulary` counts embedding rows, `max_positions` tokens of one sequence.

    What is None is as in most models: a head has hidden / heads numbers, embeddings are as wide as the layers, every
    layer attends to everything, every token passes the whole feed-forward. With `experts` each of these has `ffn`
    units, and a token passes `active_experts` of them. `window` is how many tokens a local layer sees, itself
    included; of every `global_every` layers, the first attends to everything.
    """

    family: str
    layers: PositiveInt
    hidden: PositiveInt
    heads: PositiveInt
    kv_heads: PositiveInt
    ffn: PositiveInt
    vocabulary: PositiveInt
    max_positions: PositiveInt = 512
    gated: bool = False
    bidirectional: bool = True
    initializer_range: PositiveFloat = 0.02
    head_size: PositiveInt | None = None
    embedding: PositiveInt | None = None
    experts: PositiveInt | None = None
    active_experts: PositiveInt | None = None
    window: PositiveInt | None = None
    global_every: PositiveInt | None = None

    @property
    def head_width(self) -> int:
        """Numbers of one attention head."""
        return self.head_size or self.hidden // self.heads


@value
class TrainTokenizer:
    """A tokenizer trained from named text: a phase with an id like any other.

    `unigram` cuts subwords (SentencePiece), `words` splits at white space.
    """

    algorithm: Literal["unigram", "words"]
    vocabulary: PositiveInt
    text: tuple[Data, ...]
    kind: Literal["tokenizer"] = "tokenizer"


@value
class Pretrained:
    """A model of the hub with its own tokenizer; one whose `revision` nobody pinned can be planned, but not read."""

    hub_id: str
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None
    architecture: Architecture
    kind: Literal["pretrained"] = "pretrained"

    def pinned(self) -> str:
        """The revision to read; raises HarnessError where there is none."""
        if self.revision is None:
            raise HarnessError(
                f"model '{self.hub_id}': its revision is not pinned, so what the hub holds may change; pin its 40 "
                "digits in harness/catalog/models, or give it a tokenizer and text to train from scratch"
            )
        return self.revision


@value
class Scratch:
    """Random weights drawn from `seed`, with a tokenizer trained here."""

    architecture: Architecture
    tokenizer: TrainTokenizer
    seed: int
    kind: Literal["scratch"] = "scratch"


@value
class Imported:
    """A checkpoint from elsewhere with its own tokenizer, by the SHA-256 of its content; it lies in the run folder."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    architecture: Architecture
    kind: Literal["imported"] = "imported"


Model = Pretrained | Scratch | Imported


def title(model: Model) -> str:
    """What to call `model` in a sentence."""
    match model:
        case Pretrained():
            return model.hub_id
        case Imported():
            return f"imported {model.digest[:12]}"
        case Scratch():
            return f"a {model.architecture.family} of {model.architecture.layers} layers"


@dataclass(frozen=True)
class CatalogModel:
    """A catalogue entry: an architecture, where its weights are published, and its recipe defaults.

    `target_recipe` is what a target's own stages have in place of it, where a task does not say otherwise; `said` is
    what a sweep says of the model for all its stages but the pretraining, over what tasks say.
    `languages` are those it was pretrained on, where they are known, `spoken` how many there are where only that is
    published; `corpus` names the corpus whose sizes by language say which of them are high- and which low-resource
    (harness/catalog/languages.py). An `untied` model has output embeddings of its own, which are not among the tensors
    here. A `post_trained` one was published after training on instructions, and is on no size line with base models.
    What stands in `unverified` was written from memory.
    """

    name: str
    architecture: Architecture
    hub_id: str | None = None
    revision: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    target_recipe: Mapping[str, Any] = field(default_factory=dict)
    licence: str | None = None
    languages: tuple[str, ...] | None = None
    spoken: int | None = None
    corpus: str | None = None
    untied: bool = False
    post_trained: bool = False
    said: Mapping[str, Any] = field(default_factory=dict)
    unverified: tuple[str, ...] = ()
