"""Overlapping windows over a long context: which of them shows most around a token, and where its characters are."""

from typing import NamedTuple

import numpy as np

from harness.worker.format import Feature, Ints

_PER_TOKEN = 0.01  # what a window's own length counts for beside the tokens around, in BERT's run_squad.py


class Stretch(NamedTuple):
    """The context tokens [begin, end) of one window; of them, [lowest, highest) have the most context in it."""

    begin: int
    end: int
    lowest: int
    highest: int


def stretches(length: int, room: int, stride: int) -> list[Stretch]:
    """The windows of at most `room` tokens over a context of `length` tokens, their beginnings `stride` apart.

    As BERT's and XTREME's doc_stride, but never with a gap between windows. A token belongs to the window in which the
    smaller of the numbers of tokens before and after it is largest, the first of equals; since begins and ends both
    grow from window to window, the tokens of each are a range, perhaps an empty one.
    """
    step = min(stride, room)
    begins = np.arange(0, max(1, length - room + step), step)
    ends = np.minimum(begins + room, length)
    if len(begins) == 1:
        return [Stretch(0, length, 0, length)]
    tokens = np.arange(length)
    around = np.minimum(tokens - begins[:, None], ends[:, None] - 1 - tokens)
    most = np.where(around >= 0, around + _PER_TOKEN * (ends - begins)[:, None], -np.inf).argmax(0)
    counts = np.bincount(most, minlength=len(begins))
    highest = np.cumsum(counts)
    return [Stretch(*map(int, row)) for row in zip(begins, ends, highest - counts, highest, strict=True)]


class Origin(NamedTuple):
    """Where a window's context tokens come from, as a feature carries it.

    `first` is the sequence's first context token; answers start in [`lowest`, `highest`), have at most `longest`
    tokens, and may be nothing where `unanswerable`. `answered`: the question has an answer, in this window or another.
    `characters` are [tokens, 2]: where each context token begins and ends in the context.
    """

    first: int
    lowest: int
    highest: int
    longest: int
    unanswerable: bool
    answered: bool
    characters: Ints

    @staticmethod
    def of(feature: Feature) -> "Origin":
        """The origin that `packed` made the integers of."""
        first, lowest, highest, longest, unanswerable, answered = map(int, feature.origin[:6])
        characters = feature.origin[6:].reshape(-1, 2)
        return Origin(first, lowest, highest, longest, bool(unanswerable), bool(answered), characters)

    @property
    def packed(self) -> Ints:
        """All of it as integers."""
        return np.concatenate([np.array(self[:6], dtype=np.int64), self.characters.reshape(-1)])

    def text(self, context: str, start: int, end: int) -> str:
        """The characters from token `start` to token `end`, without surrounding space."""
        return context[self.characters[start - self.first, 0] : self.characters[end - self.first, 1]].strip()
