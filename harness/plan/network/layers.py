"""Which layers of a model an evaluation reads: all of them, or for retrieval by a layer's states perhaps fewer."""

import dataclasses

from harness.catalog import find
from harness.spec.model import Architecture
from harness.spec.phase import Evaluate, architecture


def retrieval_layer(whole: Architecture) -> int:
    """The layer whose mean-pooled states retrieve: 14 of 24 (XTREME and jiant for XLM-R Large), in proportion."""
    return max(1, round(whole.layers * 14 / 24))


def reads_every_layer(phase: Evaluate) -> bool:
    """Whether every layer answers beside the one that counts: where a language has its own pool and cosines decide."""
    return phase.layer is not None and phase.pool is None and find.task(phase.data.task).search == "cosine"


def executed(phase: Evaluate) -> Architecture:
    """The part of the architecture that `phase` runs: where one layer is read alone, those up to it."""
    whole = architecture(phase)
    if phase.layer is None or reads_every_layer(phase):
        return whole
    return dataclasses.replace(whole, layers=phase.layer)
