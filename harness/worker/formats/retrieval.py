"""Retrieval without training: mean-pooled states of one layer, compared by cosine over a language's pool."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from harness.spec.errors import HarnessError
from harness.spec.example import Example, Prediction, RetrievalExample
from harness.worker.format import NOWHERE, Feature, Format, MicroBatch, Reading

QUERY, CANDIDATE = "query", "candidate"
RANKED = 20  # stored per query, enough for mAP@20


def encode(examples: Sequence[RetrievalExample], reading: Reading) -> list[Feature]:
    """Two features an example: its query and its candidate."""
    sides = {QUERY: [e.query or "" for e in examples], CANDIDATE: [e.candidate or "" for e in examples]}
    room = reading.window.max_length - 2
    return [
        Feature(index, reading.coder.single(piece.ids[:room]), NOWHERE, NOWHERE, side)
        for side, texts in sides.items()
        for index, piece in enumerate(reading.coder.pieces(texts))
    ]


def reduce(hidden: Tensor, batch: MicroBatch) -> list[Any]:
    """The mean of the states [batch, length, hidden] over real tokens, <s> and </s> included, at unit length."""
    mask = batch.mask[:, :, None].to(hidden.dtype)
    mean = ((hidden * mask).sum(1) / mask.sum(1)).float()
    return list((mean / mean.norm(dim=-1, keepdim=True).clamp_min(1e-12)).cpu().numpy())


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """For each query the nearest candidates as [id, cosine], best first; ties go to the earlier row."""
    found = {(feature.origin, feature.example): vector for feature, vector in reduced}
    pool = np.stack([found[CANDIDATE, index] for index in range(len(examples))])
    queries = np.stack([found[QUERY, index] for index in range(len(examples))])
    similarities = queries @ pool.T
    ranked = np.argsort(-similarities, axis=1, kind="stable")[:, :RANKED]
    return {
        index: [[examples[other].id, round(float(similarities[index, other]), 6)] for other in row]
        for index, row in enumerate(ranked)
    }


def loss(logits: Tensor, batch: MicroBatch) -> Tensor:
    """Retrieval is evaluated, not trained."""
    raise HarnessError("the format retrieval has no training; train a target that has, or none")


FORMAT = Format(
    encode=encode,
    head=None,
    classes=lambda labels, vocabulary: 0,
    loss=loss,
    weight=lambda feature: 1,
    reduce=reduce,
    decode=decode,
)
