"""Token statistics, measured on a set as features and kept for plans."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.files.lengths import Histogram, Lengths, write_lengths
from harness.worker.features import Features
from harness.worker.format import Format
from harness.worker.library import Encoded


def measure(encoded: Encoded, file: Path) -> None:
    """Keep the lengths of a set at `file`, unless they are there; raises HarnessError where they cannot be written."""
    if not file.exists():
        write_lengths(file, lengths_of(encoded.features, encoded.format))


def lengths_of(features: Features, format_: Format) -> Lengths:
    """The lengths of all sequences, and what the heads of `format_` read of them."""
    return Lengths(_positions(features, format_), _histogram(features.sequences), _histogram(features.lengths))


def _positions(features: Features, format_: Format) -> int:
    if format_.every_token:
        return int(features.sequences.sum())
    if format_.vary:  # `origin` has the beginnings and the ends of what may be masked
        return int(features.origins[1::2].sum() - features.origins[::2].sum())
    return features.positions


def _histogram(lengths: NDArray[np.int64]) -> Histogram:
    counts = np.bincount(lengths)
    return tuple((int(tokens), int(counts[tokens])) for tokens in np.flatnonzero(counts))
