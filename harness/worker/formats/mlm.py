"""Masked language modelling: tokens drawn anew in every epoch, predicted through the tied embeddings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from harness.spec.errors import HarnessError
from harness.spec.model import Architecture
from harness.spec.task import Example, Prediction, TextExample
from harness.worker.coder import Coder
from harness.worker.format import NOWHERE, Feature, Format, Reading
from harness.worker.formats import heads

SPECIAL_TOKENS = 2  # <s> text </s>
MASKED, RANDOM = 0.8, 0.1  # BERT's shares of masked and of random tokens; the rest stays


class MaskedHead(nn.Module):
    """XLM-R's language-model head: dense, GELU, norm, then the embeddings again."""

    def __init__(self, architecture: Architecture, classes: int, embeddings: nn.Embedding) -> None:
        super().__init__()
        self.dense = nn.Linear(architecture.hidden, architecture.hidden)
        self.norm = nn.LayerNorm(architecture.hidden, eps=1e-5)
        self.out = nn.Linear(architecture.hidden, classes)
        self.out.weight = embeddings.weight

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits [positions, vocabulary]."""
        return self.out(self.norm(functional.gelu(self.dense(hidden))))  # type: ignore[no-any-return]


def encode(examples: Sequence[TextExample], reading: Reading) -> list[Feature]:
    """Texts cut into features of the window's length; what is masked is drawn later, by `vary`."""
    room = reading.window.max_length - SPECIAL_TOKENS
    features = []
    for index, piece in enumerate(reading.coder.pieces([example.text for example in examples])):
        for begin in range(0, len(piece.ids), room):
            tokens = reading.coder.single(piece.ids[begin : begin + room])
            features.append(Feature(index, tokens, NOWHERE, NOWHERE))
    return features


def masked_count(length: int, share: float) -> int:
    """How many of a feature's `length` tokens are predicted; fixed, so that FLOPs are known before the draw."""
    return max(1, round(share * (length - SPECIAL_TOKENS)))


def vary(feature: Feature, random: np.random.Generator, share: float, coder: Coder) -> Feature:
    """Draw the positions to predict, and what stands there instead."""
    count = masked_count(len(feature.tokens), share)
    positions = np.sort(random.permutation(len(feature.tokens) - SPECIAL_TOKENS)[:count]) + 1
    kind = random.random(count)
    tokens = feature.tokens.copy()
    original = tokens[positions]
    drawn = random.integers(0, coder.vocabulary, count)
    anything = np.where(np.isin(drawn, coder.special), original, drawn)
    tokens[positions] = np.where(kind < MASKED, coder.mask, np.where(kind < MASKED + RANDOM, anything, original))
    return feature._replace(tokens=tokens, positions=positions, targets=original)


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """Masked text is trained on, never evaluated."""
    raise HarnessError("the format mlm trains and has nothing to evaluate; name another target")


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
