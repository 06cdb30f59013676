"""Word accuracy: the share of words whose predicted tag is the gold one, which supertagging is scored with."""

from collections import Counter
from collections.abc import Mapping, Sequence

from harness.catalog.gold import paired, shown
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction, TaggedExample
from harness.spec.task import Metric


def score(gold: Sequence[TaggedExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """Percent of all words with the right tag; a tag that training never showed is wrong, since it cannot be predicted.

    Raises HarnessError for hidden gold, a missing prediction, or one that is not as long as its sentence.
    """
    right = words = 0
    for tags, predicted in paired(gold, _tags, predictions):
        if len(predicted) != len(tags):
            raise HarnessError(f"{len(predicted)} tags are predicted for a sentence of {len(tags)} words")
        right += sum(tag == found for tag, found in zip(tags, predicted, strict=True))
        words += len(tags)
    return {"score": right / words * 100}


def chance(gold: Sequence[TaggedExample], language: str) -> float:
    """Percent reached by the most frequent tag."""
    tags = Counter(tag for example in gold for tag in _tags(example))
    return 100 * max(tags.values()) / tags.total()


def _tags(example: TaggedExample) -> tuple[str, ...]:
    return shown(example.tags, example)


METRIC = Metric("word_accuracy", 1, score, chance)
