"""Retrieval: queries and candidates as vectors of one encoder, read as they are or trained against each other."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample
from harness.spec.model import Architecture
from harness.worker.coder import Piece
from harness.worker.format import Feature, Format, Ints, MicroBatch, Reading

OWN: Ints = np.zeros(1, dtype=np.int64)  # a pair by itself: its candidate is the first
QUERY, CANDIDATE = 0, 1  # what a feature's `origin` says of each of its sequences
# XTREME's dual encoder learns the scale, from 100 on (third_party/bert.py). At its learning rates of some 1e-5 Adam
# moves a number by less than half a unit in ten thousand steps, so a constant does as well and needs no weight.
SCALE = 100.0


class VectorHead(nn.Module):
    """A tanh layer where a class is read, BERT's pooler: the vector of a query or of a candidate."""

    def __init__(self, architecture: Architecture, classes: int, embeddings: nn.Embedding) -> None:
        super().__init__()
        self.dense = nn.Linear(architecture.hidden, architecture.hidden)

    def forward(self, hidden: Tensor) -> Tensor:
        """Vectors [positions, hidden], of any length."""
        return torch.tanh(self.dense(hidden))


def encode(examples: Sequence[RetrievalExample], reading: Reading) -> list[Feature]:
    """One feature a row, with a sequence for its query, its candidate, or both in this order.

    A query takes at most `max_query` tokens, a candidate `max_length`, special ones included. A candidate's context
    follows it as the second text of a pair and gives way first.
    """
    queries = _pieces([example.query for example in examples], reading)
    candidates = _pieces([example.candidate for example in examples], reading)
    contexts = _pieces([example.context for example in examples], reading)
    features = []
    for index, example in enumerate(examples):
        sides: dict[int, Ints] = {}
        if example.query is not None:
            sides[QUERY] = _query(queries[example.query], reading)
        if example.candidate is not None:
            context = contexts[example.context].ids if example.context else None
            sides[CANDIDATE] = _candidate(candidates[example.candidate].ids, context, reading)
        if not sides:
            raise HarnessError(f"row '{example.id}': has neither a query nor a candidate; expected one of them")
        first, *others = sides.values()
        features.append(Feature(index, first, reading.coder.class_at, OWN, np.array(list(sides)), tuple(others)))
    return features


def group(features: Sequence[Feature]) -> Feature:
    """Pairs that meet in one softmax as one feature: all queries, then all candidates, and each query's own.

    Raises HarnessError for a row that is no pair.
    """
    for feature in features:
        if len(feature.sequences) != 2:
            raise HarnessError(
                f"row {feature.example + 1}: has only a query or only a candidate; "
                "training for retrieval takes rows with both"
            )
    first, *others = [feature.sequences[side] for side in (QUERY, CANDIDATE) for feature in features]
    return features[0]._replace(tokens=first, others=tuple(others), targets=np.arange(len(features)))


def loss(vectors: Tensor, batch: MicroBatch) -> Tensor:
    """Sum over the queries of the cross-entropy of their own candidate among those of their group.

    As in XTREME, two rows of one group with the same candidate are each other's negatives.
    """
    total = vectors.new_zeros((), dtype=torch.float32)
    unit = functional.normalize(vectors.float(), dim=-1)
    pairs = [len(feature.targets) for feature in batch.features]
    groups = torch.split(unit, [2 * count for count in pairs])
    for group_, targets in zip(groups, torch.split(batch.targets, pairs), strict=True):
        queries, candidates = group_.chunk(2)
        total = total + functional.cross_entropy(SCALE * queries @ candidates.T, targets, reduction="sum")
    return total


def mean(states: Tensor, mask: Tensor) -> Tensor:
    """Vectors [sequences, hidden]: the mean of `states` [sequences, length, hidden] over real tokens.

    Special tokens are tokens too, as in XTREME, whose `pool_skip_special_token` is off.
    """
    real = mask[:, :, None].float()
    return (states.float() * real).sum(1) / real.sum(1)


def _pieces(texts: Sequence[str | None], reading: Reading) -> dict[str, Piece]:
    """The tokens of each text; many candidates share a context."""
    distinct = list(dict.fromkeys(text for text in texts if text is not None))
    return dict(zip(distinct, reading.coder.pieces(distinct), strict=True))


def _query(piece: Piece, reading: Reading) -> NDArray[np.int64]:
    room = min(reading.window.max_query, reading.window.max_length) - reading.coder.around_one
    return reading.coder.single(piece.ids[: max(1, room)])


def _candidate(ids: NDArray[np.int64], context: NDArray[np.int64] | None, reading: Reading) -> NDArray[np.int64]:
    coder, longest = reading.coder, reading.window.max_length
    room = longest - coder.around_two - len(ids)
    if context is not None and room > 0:
        return coder.double(ids, context[:room])
    return coder.single(ids[: longest - coder.around_one])


FORMAT = Format(
    encode=encode,
    head=VectorHead,
    classes=lambda labels, vocabulary: 0,
    loss=loss,
    weight=lambda feature: len(feature.targets),
    group=group,
)
