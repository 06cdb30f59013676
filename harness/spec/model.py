"""Models and tokenizers: pretrained on the hub, or drawn from a seed and trained here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from harness.spec.task import Data
from harness.spec.value import value


@value
class Architecture:
    """A transformer as numbers; `vocabulary` counts embedding rows, `max_positions` tokens of one sequence."""

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

    @property
    def layer_matmul_parameters(self) -> int:
        """Weights multiplied per token in one layer: query, key, value, output and feed-forward."""
        head = self.hidden // self.heads
        attention = 2 * self.hidden * self.hidden + 2 * self.hidden * head * self.kv_heads
        return attention + (3 if self.gated else 2) * self.hidden * self.ffn

    @property
    def non_embedding_parameters(self) -> int:
        """Weights of all layers without biases and norms: the N of C = 6ND (Kaplan et al. 2020)."""
        return self.layers * self.layer_matmul_parameters


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
    """A model of the hub at a pinned revision, with its own tokenizer."""

    hub_id: str
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    architecture: Architecture
    kind: Literal["pretrained"] = "pretrained"


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


@dataclass(frozen=True)
class CatalogModel:
    """A catalogue entry: an architecture, where its weights are published, and its recipe defaults.

    `target_recipe` is what a target's own stages have in place of it, where a task does not say otherwise.
    """

    name: str
    architecture: Architecture
    hub_id: str | None = None
    revision: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    target_recipe: Mapping[str, Any] = field(default_factory=dict)
