"""Masked language modelling: tokens drawn anew in every epoch, predicted through the tied embeddings."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from harness.spec.errors import HarnessError
from harness.spec.example import Example, Prediction, TextExample
from harness.spec.model import Architecture
from harness.worker.coder import Coder, Piece
from harness.worker.format import NOWHERE, Feature, Format, Reading
from harness.worker.formats import heads
from harness.worker.formats.pair import cut

MASKED, RANDOM = 0.8, 0.1  # BERT's shares of masked and of random tokens; the rest stays


class MaskedHead(nn.Module):
    """XLM-R's language-model head: dense, GELU, norm, then the embeddings again."""

    def __init__(self, architecture: Architecture, classes: int, embeddings: nn.Embedding) -> None:
        super().__init__()
        width = embeddings.embedding_dim  # RemBERT's embeddings are narrower than its layers
        self.dense = nn.Linear(architecture.hidden, width)
        self.norm = nn.LayerNorm(width, eps=1e-5)
        self.out = nn.Linear(width, classes)
        self.out.weight = embeddings.weight

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits [positions, vocabulary]."""
        return self.out(self.norm(functional.gelu(self.dense(hidden))))  # type: ignore[no-any-return]


def encode(examples: Sequence[TextExample], reading: Reading) -> list[Feature]:
    """Texts cut into features of the window's length, a text and its translation as one; masks are drawn by `vary`.

    A feature's `origin` is [begin, end, ...] of the stretches of which one is masked.
    """
    pieces = reading.coder.pieces([example.text for example in examples])
    others = reading.coder.pieces([example.translation or "" for example in examples])
    features: list[Feature] = []
    for index, (example, piece, other) in enumerate(zip(examples, pieces, others, strict=True)):
        translated = example.translation is not None
        features += [_together(index, piece, other, reading)] if translated else _alone(index, piece, reading)
    return features


def vary(feature: Feature, random: np.random.Generator, share: float, coder: Coder) -> Feature:
    """Draw the positions to predict, and what stands there instead.

    With a translation they all lie on one side, drawn by halves, so that the other side is read whole; about the same
    `share` of all tokens is predicted. (Lample and Conneau 2019 mask both sides; in small models each side then learns
    to complete itself.)
    """
    stretches = feature.origin.reshape(-1, 2).tolist()
    begin, end = stretches[int(random.random() * len(stretches))]
    count = min(end - begin, max(1, round(share * len(stretches) * (end - begin))))
    positions = begin + random.permutation(end - begin)[:count]
    kind = random.random(count)
    tokens = feature.tokens.copy()
    original = tokens[positions]
    drawn = random.integers(0, coder.vocabulary, count)
    anything = np.where(coder.is_special[drawn], original, drawn)
    tokens[positions] = np.where(kind < MASKED, coder.mask, np.where(kind < MASKED + RANDOM, anything, original))
    return feature._replace(tokens=tokens, positions=positions, targets=original)


def _alone(index: int, piece: Piece, reading: Reading) -> Iterator[Feature]:
    coder = reading.coder
    room = reading.window.max_length - coder.around_one
    for begin in range(0, len(piece.ids), room):
        own = piece.ids[begin : begin + room]
        stretch = np.array([coder.first_at, coder.first_at + len(own)])
        yield Feature(index, coder.single(own), NOWHERE, NOWHERE, stretch)


def _together(index: int, piece: Piece, other: Piece, reading: Reading) -> Feature:
    coder = reading.coder
    first, second = cut(piece.ids, other.ids, reading.window.max_length - coder.around_two)
    begin, behind = coder.first_at, coder.second_at(first)
    stretches = np.array([begin, begin + len(first), behind, behind + len(second)])
    return Feature(index, coder.double(first, second), NOWHERE, NOWHERE, stretches)


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """Text is trained on, never evaluated."""
    raise HarnessError("text is trained on and has nothing to evaluate; name another target")


FORMAT = Format(
    encode=encode,
    head=MaskedHead,
    classes=lambda labels, vocabulary: vocabulary,
    loss=heads.class_loss,
    weight=heads.positions_weight,
    reduce=heads.best_classes,
    decode=decode,
    vary=vary,
)
