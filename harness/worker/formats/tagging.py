"""Tagging: one class a word, read at its first or, by decoders, its last subword; long sentences are cut to features.

As XTREME's utils_preprocess.py does: a sentence goes on in a new sequence where a word would not fit, a word that
gives no subword is one unknown token, and predictions are joined again. It differs in two places that few words meet:
XTREME leaves one token more free (its room for XLM-R is 3 below the length, here 2), and makes a single unknown token
of a word longer than a whole sequence, whose first subwords are kept here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from harness.spec.example import Example, Prediction, TaggedExample
from harness.worker.coder import Piece
from harness.worker.format import Feature, Format, Reading
from harness.worker.formats import heads


def encode(examples: Sequence[TaggedExample], reading: Reading) -> list[Feature]:
    """Features of at most the window's length; a word longer than that keeps its first subwords.

    A feature's origin is [number of its first word in the sentence].
    """
    room = reading.window.max_length - reading.coder.around_one
    words = reading.coder.words([word for example in examples for word in example.words])
    label_ids = {label: index for index, label in enumerate(reading.labels)}
    features, at = [], 0
    for index, example in enumerate(examples):
        pieces = words[at : at + len(example.words)]
        at += len(example.words)
        # A tag that evaluated rows alone have (a rare supertag) is wrong whatever is predicted: its number has no use.
        tags = [label_ids.get(tag, 0) for tag in example.tags] if example.tags else [0] * len(pieces)
        for first, last in _segments(pieces, room):
            chosen = [piece.ids[:room] for piece in pieces[first:last]]
            read = reading.coder.words_at([len(ids) for ids in chosen])
            tokens = reading.coder.single(np.concatenate(chosen))
            features.append(Feature(index, tokens, read, np.array(tags[first:last]), np.array([first])))
    return features


def decode(
    reduced: Sequence[tuple[Feature, Any]], examples: Sequence[Example], labels: tuple[str, ...]
) -> dict[int, Prediction]:
    """The likeliest tag of every word, the segments of a sentence joined in their order."""
    tags: dict[int, list[str]] = {}
    for feature, best in sorted(reduced, key=lambda pair: (pair[0].example, pair[0].origin[0])):
        tags.setdefault(feature.example, []).extend(labels[index] for index in best)
    return tags


def _segments(pieces: Sequence[Piece], room: int) -> Iterator[tuple[int, int]]:
    """Ranges of words whose subwords fit in `room` tokens."""
    first, used = 0, 0
    for index, piece in enumerate(pieces):
        size = min(len(piece.ids), room)
        if used + size > room:
            yield first, index
            first, used = index, 0
        used += size
    if pieces:
        yield first, len(pieces)


FORMAT = Format(
    encode=encode,
    head=heads.LinearHead,
    classes=heads.label_count,
    loss=heads.class_loss,
    weight=heads.positions_weight,
    reduce=heads.best_classes,
    decode=decode,
)
