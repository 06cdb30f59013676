"""Made-up batches of the longest sequences: what a training phase meets at worst, without its data at hand."""

import numpy as np

from harness.plan.network.heads import TEXTS
from harness.spec.model import Architecture
from harness.spec.phase import Train, architecture
from harness.spec.recipe import Recipe
from harness.spec.task import Data
from harness.worker.data import GlobalBatch, grouped
from harness.worker.format import Feature, Ints, find

READ_ONCE = ("pair", "choice", "retrieval")  # the head reads one token of a sequence, else all of them


def longest_batch(data: Data, phase: Train) -> GlobalBatch:
    """A global batch of `data` in which every sequence fills the window."""
    format_, feature = find(data.format), _longest(data, phase.recipe, architecture(phase))
    drawn = (feature,) * phase.recipe.batch_size
    features = grouped(format_, drawn, phase.recipe.negatives)
    return GlobalBatch(data.task, features, sum(map(format_.weight, features)), len(drawn), feature)


def _longest(data: Data, recipe: Recipe, model: Architecture) -> Feature:
    length = min(recipe.window.max_length, model.max_positions)
    tokens = np.full(length, model.vocabulary - 1)  # never padding, whose ids are small
    positions = _read(data, recipe, length)
    targets = np.zeros(2 if data.format == "span" else len(positions), dtype=np.int64)
    return Feature(0, tokens, positions, targets, others=(tokens,) * (TEXTS.get(data.format, 1) - 1))


def _read(data: Data, recipe: Recipe, length: int) -> Ints:
    """The tokens that the head reads."""
    if data.format in READ_ONCE:
        return np.zeros(1, dtype=np.int64)
    share = recipe.mask if data.format == "mlm" else 1.0
    return np.arange(max(1, round(share * length)))
