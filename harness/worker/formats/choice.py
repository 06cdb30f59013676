"""Multiple choice: each choice in a sequence of its own with the context, a score read as the class of a pair."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, Example, Prediction
from harness.worker.format import Feature, Format, MicroBatch, Reading
from harness.worker.formats import heads, pair


def encode(examples: Sequence[ChoiceExample], reading: Reading) -> list[Feature]:
    """One feature an example, a sequence a choice; texts too long are cut longest first.

    Raises HarnessError, naming the example, where the label is the index of no choice.
    """
    contexts = reading.coder.pieces([example.context for example in examples])
    endings = reading.coder.pieces([ending for example in examples for ending in _endings(example)])
    room = reading.window.max_length - reading.coder.around_two
    features, at = [], 0
    for index, (example, context) in enumerate(zip(examples, contexts, strict=True)):
        right, own = _right(example), endings[at : at + len(example.choices)]
        at += len(own)
        first, *others = [reading.coder.double(*pair.cut(context.ids, ending.ids, room)) for ending in own]
        features.append(Feature(index, first, reading.coder.class_at, np.array([right]), others=tuple(others)))
    return features


def loss(logits: Tensor, batch: MicroBatch) -> Tensor:
    """Sum over features of the cross-entropy between their choices."""
    return functional.cross_entropy(_scores(logits, batch), batch.targets, reduction="sum")


def reduce(logits: Tensor, batch: MicroBatch) -> list[int]:
    """The index of the best choice of each feature."""
    best: list[int] = _scores(logits, batch).argmax(-1).tolist()
    return best


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """The index of the best choice of each example."""
    return {feature.example: best for feature, best in reduced}


def _endings(example: ChoiceExample) -> list[str]:
    return [f"{example.question} {choice}" if example.question else choice for choice in example.choices]


def _right(example: ChoiceExample) -> int:
    """The index of the right choice; 0 where gold is hidden."""
    label = example.label or 0
    if not 0 <= label < len(example.choices):
        raise HarnessError(
            f"example '{example.id}': its label is {label}, but it has {len(example.choices)} choices; "
            "expected the index of one of them, counted from 0"
        )
    return label


def _scores(logits: Tensor, batch: MicroBatch) -> Tensor:
    """Scores [features, most choices]; minus infinity where a feature has fewer choices."""
    counts = [len(feature.sequences) for feature in batch.features]
    own = torch.split(logits.float().flatten(), counts)
    return pad_sequence(list(own), batch_first=True, padding_value=-torch.inf)


FORMAT = Format(
    encode=encode,
    head=heads.PooledHead,
    classes=lambda labels, vocabulary: 1,
    loss=loss,
    weight=heads.positions_weight,
    reduce=reduce,
    decode=decode,
)
