"""Accuracy of the nearest neighbour: the share of queries whose first candidate is their own translation."""

from collections.abc import Mapping, Sequence

from harness.catalog.gold import paired, shown
from harness.spec.example import Prediction, RetrievalExample
from harness.spec.task import Metric


def score(gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """Percent of queries answered first; a prediction is [[candidate id, similarity], ...], nearest first.

    Raises HarnessError for hidden gold or a missing prediction.
    """
    right = [bool(ranked) and ranked[0][0] in answers for answers, ranked in paired(gold, _answers, predictions)]
    return {"score": sum(right) / len(right) * 100}  # multiplied last, as the benchmark does: the last digit


def chance(gold: Sequence[RetrievalExample], language: str) -> float:
    """Percent reached by always naming one candidate of the pool."""
    return 100 / len(gold)


def _answers(example: RetrievalExample) -> tuple[str, ...]:
    return shown(example.answers, example)


METRIC = Metric("nearest", 2, score, chance)
