"""SQuAD v2.0's exact match and F1 (Rajpurkar et al. 2018), with questions that want no answer."""

from collections.abc import Mapping, Sequence

from harness.catalog.metrics.squad import constant, normalised, scored, texts
from harness.spec.example import Prediction, SpanExample
from harness.spec.task import Metric


def score(gold: Sequence[SpanExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """As `metrics.squad`, but an answer of articles and signs alone is none, as in the official script.

    Raises HarnessError for hidden gold or a missing prediction.
    """
    return scored(gold, predictions, normalised, _answers)


def chance(gold: Sequence[SpanExample], language: str) -> float:
    """The better score of answering everything with the whole context, or with nothing."""
    return constant(score, gold, language)


def _answers(example: SpanExample) -> list[str]:
    return list(filter(None, map(normalised, texts(example))))


METRIC = Metric("squad_v2", 1, score, chance)
