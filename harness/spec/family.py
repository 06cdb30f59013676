"""A model family: its tensors by name and shape, how its texts are put together, and what transformers calls it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal, NamedTuple

from harness.spec.model import Architecture
from harness.spec.recipe import Matrix

# `embedding`: looked up, never multiplied; `vector`: norms, biases, scalars; the rest are matrices.
Role = Literal["embedding", "vector", "router", "experts_in", "experts_out", "projection"] | Matrix


class Weight(NamedTuple):
    """One tensor of an encoder; a matrix has the shape [out, in] of torch's Linear, experts [experts, out, in]."""

    name: str
    shape: tuple[int, ...]
    role: Role

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def multiplied(self) -> bool:
        """Whether tokens are multiplied with it."""
        return self.role not in ("embedding", "vector")


class Template(NamedTuple):
    """Which tokens of a tokenizer stand before, between and after the texts of a sequence, and which fill it."""

    before: tuple[str, ...]
    between: tuple[str, ...]
    after: tuple[str, ...]
    padding: str
    unknown: str | None = None
    mask: str | None = None


@dataclass(frozen=True)
class Family:
    """What all sizes of a family share; `harness/catalog/families/<name>.py` has it as FAMILY.

    `outside` and `layer` list the tensors of transformers' bare `model_class`, in any order, by their names there: all
    parameter counts, FLOPs and memory follow from them. `config` gives the arguments of `config_class` that the
    architecture decides, `dropouts` the keys that take the recipe's dropout, `bare` what the model class is told
    besides (no pooler). `layers` is the module that holds the layers. In a published checkpoint `prefixes` may stand
    before the names, `aliases` in their place, and experts may lie apart: `fused` lists the matrices of one expert that
    lie one under another in a tensor of all. A `decoder` reads a class at the last token, an encoder at the first.

    What a layer keeps for its backward pass: `rms` norms are written out in torch and keep their input in fp32 as well;
    `maps`: its attention keeps the probabilities of all pairs of tokens, `upcast`: and computes them in fp32 where it
    only reads, too; `kept_per_unit`: numbers of each unit of the feed-forward, where it is not the usual 2, or 4 if it
    is gated.
    """

    name: str
    model_class: str
    config_class: str
    config: Callable[[Architecture], dict[str, Any]]
    outside: Callable[[Architecture], tuple[Weight, ...]]
    layer: Callable[[Architecture, int], tuple[Weight, ...]]
    layers: str
    template: Template
    prefixes: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    fused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropouts: tuple[str, ...] = ()
    bare: Mapping[str, Any] = field(default_factory=dict)
    decoder: bool = False
    published_masked_head: bool = False
    rms: bool = False
    maps: bool = False
    upcast: bool = False
    kept_per_unit: float | None = None


def affine(name: str, shape: tuple[int, ...], role: Role) -> tuple[Weight, Weight]:
    """A weight and its bias, as long as the weight has rows."""
    return Weight(f"{name}.weight", shape, role), Weight(f"{name}.bias", shape[:1], "vector")
