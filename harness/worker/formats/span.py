"""Extractive question answering: start and end of the answer in overlapping windows of the context."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from harness.spec.example import Example, Prediction, SpanExample
from harness.spec.recipe import Window
from harness.worker.coder import Piece
from harness.worker.format import Feature, Format, MicroBatch, Reading
from harness.worker.formats import heads

SPECIAL_TOKENS = 4  # <s> question </s></s> context </s>
NEVER = -1e4  # added to logits where no answer can be; finite, so that bf16 sums stay finite


def encode(examples: Sequence[SpanExample], reading: Reading) -> list[Feature]:
    """One feature a window; a window without the answer points at the first token, as for unanswerable questions."""
    questions = reading.coder.pieces([example.question for example in examples])
    contexts = dict.fromkeys(example.context for example in examples)
    encoded = dict(zip(contexts, reading.coder.pieces(list(contexts)), strict=True))
    features = []
    for index, (example, question) in enumerate(zip(examples, questions, strict=True)):
        asked = question.ids[: min(reading.window.max_query, (reading.window.max_length - SPECIAL_TOKENS) // 2)]
        features.extend(_windows(index, example, asked, encoded[example.context], reading))
    return features


def loss(logits: Tensor, batch: MicroBatch) -> Tensor:
    """Sum over features of the mean cross-entropy of start and end."""
    start, end = _scores(logits, batch)
    targets = batch.targets.view(-1, 2)
    total = functional.cross_entropy(start, targets[:, 0], reduction="sum") + functional.cross_entropy(
        end, targets[:, 1], reduction="sum"
    )
    return total / 2


def reduce(logits: Tensor, batch: MicroBatch) -> list[tuple[float, int, int]]:
    """The best (score, start, end) of each feature inside its context."""
    start, end = _scores(logits, batch)
    start[:, 0], end[:, 0] = NEVER, NEVER  # no question of the benchmark is unanswerable
    length = start.shape[1]
    longest = batch.features[0].origin.longest
    band = torch.ones(length, length, dtype=torch.bool, device=start.device).triu().tril(longest - 1)
    pairs = (start[:, :, None] + end[:, None, :]).masked_fill(~band, 4 * NEVER).flatten(1)
    scores, best = pairs.max(-1)
    return [(score, at // length, at % length) for score, at in zip(scores.tolist(), best.tolist(), strict=True)]


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """The text of the best span over all windows of a question."""
    best: dict[int, tuple[float, Prediction]] = {}
    for feature, (score, start, end) in reduced:
        if feature.example not in best or score > best[feature.example][0]:
            example = examples[feature.example]
            assert isinstance(example, SpanExample)
            best[feature.example] = (score, feature.origin.text(example.context, start, end))
    return {index: text for index, (_, text) in best.items()}


class _Origin:
    """Where a window's context tokens come from: their first token, and characters in the context."""

    def __init__(self, first: int, offsets: tuple[tuple[int, int], ...], longest: int) -> None:
        self.first, self.offsets, self.longest = first, offsets, longest

    def text(self, context: str, start: int, end: int) -> str:
        """The characters from token `start` to token `end`, without surrounding space."""
        return context[self.offsets[start - self.first][0] : self.offsets[end - self.first][1]].strip()


def _windows(
    index: int, example: SpanExample, asked: NDArray[np.int64], context: Piece, reading: Reading
) -> list[Feature]:
    room = reading.window.max_length - SPECIAL_TOKENS - len(asked)
    first = len(asked) + SPECIAL_TOKENS - 1
    features = []
    for begin in _begins(len(context.ids), room, reading.window):
        tokens = reading.coder.double(asked, context.ids[begin : begin + room])
        offsets = context.offsets[begin : begin + room]
        positions = np.array([0, *range(first, first + len(offsets))])
        targets = _targets(example, offsets, first)
        origin = _Origin(first, offsets, reading.window.max_answer)
        features.append(Feature(index, tokens, positions, targets, origin))
    return features


def _begins(length: int, room: int, window: Window) -> list[int]:
    """First context token of each window: the stride apart, as BERT's and XTREME's doc_stride, but without gaps."""
    step = min(window.stride, room)
    return list(range(0, max(1, length - room + step), step))


def _targets(example: SpanExample, offsets: tuple[tuple[int, int], ...], first: int) -> NDArray[np.int64]:
    """Token positions of the first gold answer, or 0, 0 where it is not in this window."""
    if not example.answers:
        return np.zeros(2, dtype=np.int64)
    text, at = example.answers[0]
    inside = [i for i, (begin, end) in enumerate(offsets) if begin < at + len(text) and end > at]
    whole = inside and offsets[0][0] <= at and offsets[-1][1] >= at + len(text)
    return np.array([first + inside[0], first + inside[-1]] if whole else [0, 0])


def _scores(logits: Tensor, batch: MicroBatch) -> tuple[Tensor, Tensor]:
    """Start and end logits [batch, length], out of reach everywhere but at the features' positions."""
    allowed = torch.full(batch.ids.shape, NEVER, device=logits.device)
    allowed[batch.rows, batch.columns] = 0.0
    both = logits.float().view(*batch.ids.shape, 2) + allowed[:, :, None]
    return both[..., 0].clone(), both[..., 1].clone()


FORMAT = Format(
    encode=encode,
    head=heads.LinearHead,
    classes=lambda labels, vocabulary: 2,
    loss=loss,
    weight=lambda feature: 1,
    reduce=reduce,
    decode=decode,
    every_token=True,
)
