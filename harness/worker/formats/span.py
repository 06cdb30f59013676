"""Extractive question answering: start and end of the answer in overlapping windows of the context."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from harness.spec.example import Example, Prediction, SpanExample
from harness.worker.coder import Piece
from harness.worker.format import Feature, Format, Ints, MicroBatch, Reading
from harness.worker.formats import heads
from harness.worker.formats.windows import Origin, stretches

NEVER = -1e4  # added to logits where no answer can be; finite, so that bf16 sums stay finite
N_BEST = 20  # starts and ends of a window that are combined, XTREME's run_squad.py --n_best_size
NULL_THRESHOLD = 0.0  # how far nothing must score above the best span, run_squad.py --null_score_diff_threshold


class Answer(NamedTuple):
    """The best span of a window by its tokens, and the score of answering nothing."""

    score: float
    start: int
    end: int
    null: float


def encode(examples: Sequence[SpanExample], reading: Reading) -> list[Feature]:
    """One feature a window; a window without the answer points where a class is read, as for unanswerable questions."""
    questions = reading.coder.pieces([example.question for example in examples])
    contexts = dict.fromkeys(example.context for example in examples)
    encoded = dict(zip(contexts, reading.coder.pieces(list(contexts)), strict=True))
    longest = min(reading.window.max_query, (reading.window.max_length - reading.coder.around_two) // 2)
    features = []
    for index, (example, question) in enumerate(zip(examples, questions, strict=True)):
        asked = question.ids[:longest]
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


def reduce(logits: Tensor, batch: MicroBatch) -> list[Answer]:
    """The best answer of each window, found as by compute_predictions_logits of transformers, which XTREME uses.

    The `N_BEST` likeliest starts and ends are combined; a start counts only in the window that shows most around it,
    an end must not come before it, nor more than the longest answer after it. What differs: starts and ends in the
    question are not among the likeliest, since no answer is there. A window without such a pair scores below any other.
    """
    start, end = _scores(logits, batch)
    rows, nowhere = torch.arange(len(start)), [_nowhere(feature) for feature in batch.features]
    null = start[rows, nowhere] + end[rows, nowhere]
    count = min(N_BEST, start.shape[1])
    (start_scores, starts), (end_scores, ends) = start.topk(count), end.topk(count)
    pairs = start_scores[:, :, None] + end_scores[:, None, :]
    scores, best = pairs.masked_fill(~_allowed(starts, ends, batch), 4 * NEVER).flatten(1).max(-1)
    begins, stops = starts.gather(1, best[:, None] // count), ends.gather(1, best[:, None] % count)
    found = (scores.tolist(), begins[:, 0].tolist(), stops[:, 0].tolist(), null.tolist())
    return [Answer(*values) for values in zip(*found, strict=True)]


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """The text of the best span over all windows of a question.

    Where questions may be unanswerable the answer is "" if nothing scores higher, in the window where it scores lowest.
    """
    best: dict[int, tuple[Feature, Answer]] = {}
    null: dict[int, float] = {}
    for feature, values in reduced:
        answer, index = Answer(*values), feature.example
        null[index] = min(answer.null, null.get(index, answer.null))
        if index not in best or answer.score > best[index][1].score:
            best[index] = (feature, answer)
    return {index: _text(feature, answer, null[index], examples[index]) for index, (feature, answer) in best.items()}


def unheld(features: Sequence[Feature]) -> tuple[int, ...]:
    """The examples with an answer that no window holds: too long for one, or across windows that overlap too little.

    Training reads them as unanswerable, as published scripts do.
    """
    answered = {feature.example for feature in features if Origin.of(feature).answered}
    held = {feature.example for feature in features if feature.targets[0] != _nowhere(feature)}
    return tuple(sorted(answered - held))


def _text(feature: Feature, answer: Answer, null: float, example: Example) -> str:
    assert isinstance(example, SpanExample)
    origin = Origin.of(feature)
    nothing = origin.unanswerable and null - answer.score > NULL_THRESHOLD
    return "" if nothing or answer.score < 3 * NEVER else origin.text(example.context, answer.start, answer.end)


def _windows(
    index: int, example: SpanExample, asked: NDArray[np.int64], context: Piece, reading: Reading
) -> list[Feature]:
    window, coder = reading.window, reading.coder
    first, room = coder.second_at(asked), window.max_length - coder.around_two - len(asked)
    offsets = np.array(context.offsets, dtype=np.int64).reshape(-1, 2)
    features = []
    for part in stretches(len(context.ids), room, window.stride):
        tokens = coder.double(asked, context.ids[part.begin : part.end])
        characters = offsets[part.begin : part.end]
        positions = np.array([*coder.class_at, *range(first, first + len(characters))])
        shown = (first + part.lowest - part.begin, first + part.highest - part.begin)
        origin = Origin(
            first,
            *shown,
            window.max_answer,
            reading.unanswerable,
            bool(example.answers) and example.labelled,
            characters,
        )
        held = _answer(example, characters)
        targets = first + np.array(held) if held else np.repeat(coder.class_at % len(tokens), 2)
        features.append(Feature(index, tokens, positions, targets, origin.packed))
    return features


def _answer(example: SpanExample, characters: Ints) -> tuple[int, int] | None:
    """The first and the last of a window's context tokens that hold the first gold answer; None where it is not in."""
    if not example.answers:
        return None
    text, at = example.answers[0]
    inside = np.flatnonzero((characters[:, 0] < at + len(text)) & (characters[:, 1] > at))
    whole = len(inside) and characters[0, 0] <= at and characters[-1, 1] >= at + len(text)
    return (int(inside[0]), int(inside[-1])) if whole else None


def _nowhere(feature: Feature) -> int:
    """The token that stands for no answer: where a class is read, the first of the feature's positions."""
    return int(feature.positions[0]) % len(feature.tokens)


def _allowed(starts: Tensor, ends: Tensor, batch: MicroBatch) -> Tensor:
    """Which pairs of a likely start and a likely end [batch, starts, ends] are an answer."""
    origins = [Origin.of(feature) for feature in batch.features]
    bounds = [(o.lowest, o.highest, o.first + len(o.characters), o.longest) for o in origins]
    lowest, highest, stop, longest = torch.tensor(bounds, device=starts.device).T[:, :, None, None]
    start, end = starts[:, :, None], ends[:, None, :]
    allowed: Tensor = (start >= lowest) & (start < highest) & (end >= start) & (end < stop) & (end - start < longest)
    return allowed


def _scores(logits: Tensor, batch: MicroBatch) -> tuple[Tensor, Tensor]:
    """Start and end logits [batch, length], out of reach everywhere but at the features' positions."""
    allowed = torch.full(batch.ids.shape, NEVER, device=logits.device)
    allowed[batch.rows, batch.columns] = 0.0
    both = logits.float().view(*batch.ids.shape, 2) + allowed[:, :, None]
    return both[..., 0], both[..., 1]


FORMAT = Format(
    encode=encode,
    head=heads.LinearHead,
    classes=lambda labels, vocabulary: 2,
    loss=loss,
    weight=lambda feature: 1,
    reduce=reduce,
    decode=decode,
    unheld=unheld,
    every_token=True,
)
