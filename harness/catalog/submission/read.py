"""What is read of a file of labels and the file of predictions that belongs to it, ready for a metric."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.spec.example import Example, Prediction


class Read(NamedTuple):
    """Rows with gold and nothing else, their predictions by id, and what a reader must know of these, as sentences.

    Absent predictions are filled in with one that is never right: the benchmark counts them as wrong.
    """

    rows: Sequence[Example]
    predictions: Mapping[str, Prediction]
    notes: tuple[str, ...] = ()
