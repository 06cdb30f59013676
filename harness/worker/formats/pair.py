"""Pair classification: both texts in one sequence, a class read where the model has seen both."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.spec.example import Example, PairExample, Prediction
from harness.worker.format import Feature, Format, Reading
from harness.worker.formats import heads


def encode(examples: Sequence[PairExample], reading: Reading) -> list[Feature]:
    """One feature an example; texts too long are cut longest first."""
    firsts = reading.coder.pieces([example.first for example in examples])
    seconds = reading.coder.pieces([example.second for example in examples])
    room = reading.window.max_length - reading.coder.around_two
    features = []
    for index, (example, first, second) in enumerate(zip(examples, firsts, seconds, strict=True)):
        tokens = reading.coder.double(*cut(first.ids, second.ids, room))
        label = reading.labels.index(example.label) if example.label is not None else 0
        features.append(Feature(index, tokens, reading.coder.class_at, np.array([label])))
    return features


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """The likeliest label of each example."""
    return {feature.example: labels[best[0]] for feature, best in reduced}


def cut(first: NDArray[np.int64], second: NDArray[np.int64], room: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Shorten the longer text first, until both fit in `room` tokens."""
    keep_first = max(room - len(second), min(len(first), room // 2))
    first = first[:keep_first]
    return first, second[: room - len(first)]


FORMAT = Format(
    encode=encode,
    head=heads.PooledHead,
    classes=heads.label_count,
    loss=heads.class_loss,
    weight=heads.positions_weight,
    reduce=heads.best_classes,
    decode=decode,
)
