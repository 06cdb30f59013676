"""Accuracy: the share of examples whose predicted label, or choice, is the gold one."""

from collections import Counter
from collections.abc import Mapping, Sequence

from harness.catalog.gold import paired, shown
from harness.spec.example import ChoiceExample, PairExample, Prediction
from harness.spec.task import Metric

Labelled = PairExample | ChoiceExample


def score(gold: Sequence[Labelled], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """Percent of right labels; raises HarnessError for hidden gold or a missing prediction."""
    right = [label == predicted for label, predicted in paired(gold, _label, predictions)]
    return {"score": sum(right) / len(right) * 100}  # multiplied last, as the benchmark does: the last digit


def chance(gold: Sequence[Labelled], language: str) -> float:
    """Percent reached by the most frequent label, or place among the choices."""
    labels = Counter(_label(example) for example in gold)
    return 100 * max(labels.values()) / len(gold)


def _label(example: Labelled) -> Prediction:
    return shown(example.label, example)


METRIC = Metric("accuracy", 2, score, chance)
