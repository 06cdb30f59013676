"""What a format is to the worker: how examples become features, features a loss, and outputs predictions."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.spec.example import Example, Prediction
from harness.spec.model import Architecture
from harness.spec.recipe import Window
from harness.worker.coder import Coder

Ints = NDArray[np.integer[Any]]  # 64 bits where they are made, 32 where they are stored
NOWHERE: Ints = np.zeros(0, dtype=np.int64)


class Feature(NamedTuple):
    """What is encoded of an example and stays in one micro-batch: most often one sequence.

    `example` is the index in its set; `others` are sequences besides `tokens`, such as those of further choices;
    `positions` are the tokens that the head reads, in every sequence, negative ones counted from its end. `targets`
    holds a class for each position, start and end for spans, or the right sequence for choices and queries; `origin` is
    what decoding needs, as integers whose meaning the format knows.
    """

    example: int
    tokens: Ints
    positions: Ints
    targets: Ints
    origin: Ints = NOWHERE
    others: tuple[Ints, ...] = ()

    @property
    def sequences(self) -> tuple[Ints, ...]:
        """All sequences: a row each in a batch."""
        return (self.tokens, *self.others)

    @property
    def length(self) -> int:
        """Tokens of the longest sequence."""
        return max(map(len, self.sequences)) if self.others else len(self.tokens)


class Reading(NamedTuple):
    """What encoding needs to know besides the examples; `unanswerable`: a question may be answered with nothing."""

    coder: Coder
    window: Window
    labels: tuple[str, ...]
    unanswerable: bool = False


@dataclass(frozen=True)
class MicroBatch:
    """Padded tensors of several features of one task.

    `ids` and `mask` are [batch, length], a row a sequence; `rows` and `columns` [positions] say where the head reads;
    `targets` is [positions], [batch, 2] for spans, [features] for choices or [pairs]. A filler's `weight` is 0, else 1.
    """

    task: str
    features: Sequence[Feature]
    ids: Tensor
    mask: Tensor
    rows: Tensor
    columns: Tensor
    targets: Tensor
    weight: float = 1.0

    def to(self, device: torch.device) -> "MicroBatch":
        """The same batch with its tensors on `device`."""
        moved = {name: getattr(self, name).to(device) for name in ("ids", "mask", "rows", "columns", "targets")}
        return replace(self, **moved)


@dataclass(frozen=True)
class Format:
    """A format as functions.

    `loss` gives the sum of the losses of a micro-batch from logits [positions, classes]; `weight` is a feature's
    share in the global batch's weight; `reduce` shrinks outputs on the device to one small value a feature;
    `decode` turns the (feature, reduced) pairs of a language into predictions by example index. A format without
    these two is answered by search: a vector a sequence (harness/worker/retrieve.py).
    `vary` redraws a feature from a random generator each epoch (masking). `group` makes one feature of several that
    meet in one softmax. `unheld` gives the examples whose label no feature holds. `every_token`: the head reads all
    tokens.
    """

    encode: Callable[[Sequence[Any], Reading], list[Feature]]
    head: Callable[[Architecture, int, nn.Embedding], nn.Module] | None
    classes: Callable[[tuple[str, ...], int], int]
    loss: Callable[[Tensor, MicroBatch], Tensor]
    weight: Callable[[Feature], int]
    reduce: Callable[[Tensor, MicroBatch], list[Any]] | None = None
    decode: (
        Callable[[Sequence[tuple[Feature, Any]], Sequence[Example], tuple[str, ...]], dict[int, Prediction]] | None
    ) = None
    vary: Callable[[Feature, np.random.Generator, float, Coder], Feature] | None = None
    group: Callable[[Sequence[Feature]], Feature] | None = None
    unheld: Callable[[Sequence[Feature]], tuple[int, ...]] | None = None
    every_token: bool = False


def find(name: str) -> Format:
    """The format called `name`: harness/worker/formats/<name>.py."""
    format_: Format = importlib.import_module(f"harness.worker.formats.{name}").FORMAT
    return format_


def collate(task: str, features: Sequence[Feature], padding: int, weight: float = 1.0) -> MicroBatch:
    """Pad the sequences of `features` to the longest and put their positions and targets in flat tensors."""
    sequences = [tokens for feature in features for tokens in feature.sequences]
    positions = [feature.positions for feature in features for _ in feature.sequences]
    lengths = [len(tokens) for tokens in sequences]
    ids = np.full((len(sequences), max(lengths)), padding, dtype=np.int64)
    for row, tokens in enumerate(sequences):
        ids[row, : lengths[row]] = tokens
    columns = [own % length for own, length in zip(positions, lengths, strict=True)]
    rows = np.repeat(np.arange(len(sequences)), [len(own) for own in columns])
    return MicroBatch(
        task=task,
        features=features,
        ids=torch.from_numpy(ids),
        mask=torch.from_numpy((np.arange(max(lengths))[None, :] < np.array(lengths)[:, None]).astype(np.int64)),
        rows=torch.from_numpy(rows),
        columns=torch.from_numpy(_joined(columns)),
        targets=torch.from_numpy(_joined([feature.targets for feature in features])),
        weight=weight,
    )


def _joined(parts: Sequence[Ints]) -> NDArray[np.int64]:
    return np.concatenate(parts).astype(np.int64, copy=False)
