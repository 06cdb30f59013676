"""Accuracy of the nearest neighbour: the share of queries whose first candidate is their own translation."""

from collections.abc import Mapping, Sequence

from harness.catalog.gold import paired
from harness.spec.task import Metric, Prediction, RetrievalExample


def score(gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """Percent of queries answered first; a prediction is [[candidate id, similarity], ...], nearest first.

    Raises HarnessError for a missing prediction.
    """
    right = [bool(ranked) and ranked[0][0] == own for own, ranked in paired(gold, lambda row: row.id, predictions)]
    return {"score": 100 * sum(right) / len(right)}


def chance(gold: Sequence[RetrievalExample], language: str) -> float:
    """Percent reached by always naming one candidate of the pool."""
    return 100 / len(gold)


METRIC = Metric("nearest", 1, score, chance)
