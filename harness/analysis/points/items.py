"""How sure test items leave a score or a gain: its standard error from the scores of blocks of the items.

With x_b the score of block b and w_b its share of the items, the variance of the score is that of a weighted mean of B
blocks, B / (B - 1) sum w_b^2 (x_b - sum w x)^2. Of a gain, x_b is the difference of two scores on the same items, so
that what is hard for both cancels. For scores that are no mean over items, such as F1, this is their first order.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from harness.analysis.points.gains import Gain
from harness.analysis.points.language_scores import Score
from harness.analysis.values import Missing, Value
from harness.spec.record import BLOCKS

Blocks = NDArray[np.float64]  # one value a block that has items, in points

NONE = "no scores of blocks of the items: `harness score` makes them, but not for pairs that all items compete for"


def score_error(score: Score) -> Value:
    """The standard error of a score in points, from its items."""
    blocks = _blocks(score)
    return blocks if isinstance(blocks, Missing) else _root(blocks, shares(len(blocks), _items(score)))


def gain_error(gain: Gain, task: str, language: str) -> Value:
    """The standard error of a gain in points, from the items that both of its points were tested on."""
    found = gain_blocks(gain, task, language)
    return found if isinstance(found, Missing) else _root(*found)


def has_blocks(score: Score) -> bool:
    """Whether the blocks of a score are known."""
    return not isinstance(score, Missing) and any(block is not None for block in score.blocks)


def gain_blocks(gain: Gain, task: str, language: str) -> tuple[Blocks, Blocks] | Missing:
    """The gain of each block, and its share of the items; missing where either score has no blocks."""
    score, other = (row.scores[task][language] for row in (gain.point, gain.baseline))
    ours, theirs = _blocks(score), _blocks(other)
    if isinstance(ours, Missing):
        return ours
    if isinstance(theirs, Missing):
        return theirs
    if _items(score) != _items(other):
        return Missing(f"{_items(score)} items, but {_items(other)} in the score that it is compared with")
    return ours - theirs, shares(len(ours), _items(score))


@cache
def shares(blocks: int, items: int) -> Blocks:
    """The share of the items in each of the first `blocks` blocks: item i is in block i modulo BLOCKS."""
    return np.array([len(range(block, items, BLOCKS)) / items for block in range(blocks)])


def variance(blocks: Blocks, share: Blocks) -> float:
    """The variance of the mean of blocks that hold a `share` of the items each; raises ValueError for one block."""
    if len(blocks) < 2:
        raise ValueError("a variance needs two blocks")
    away = blocks - share @ blocks
    return float(len(blocks) / (len(blocks) - 1) * np.sum((share * away) ** 2))


def _root(blocks: Blocks, share: Blocks) -> Value:
    return math.sqrt(variance(blocks, share)) if len(blocks) > 1 else Missing("one test item")


def _blocks(score: Score) -> Blocks | Missing:
    if isinstance(score, Missing):
        return score
    if not has_blocks(score):
        return Missing(NONE)
    return np.array([block for block in score.blocks if block is not None])


def _items(score: Score) -> int:
    return 0 if isinstance(score, Missing) else score.n
