"""SQuAD's exact match and F1 (Rajpurkar et al. 2016), with English normalisation in every language as XTREME has it."""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

from harness.catalog.gold import paired, shown
from harness.spec.example import Prediction, SpanExample
from harness.spec.task import Metric

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)  # ASCII alone, as in the official script


def score(gold: Sequence[SpanExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """`exact_match` and `f1` in percent, the best over the gold answers, and their mean as `score`.

    A question without an answer wants "". Raises HarnessError for hidden gold or a missing prediction, where the
    official script counts 0: what is missing is not wrong.
    """
    exact = f1 = 0.0
    for answers, predicted in paired(gold, _answers, predictions):
        exact += max(_exact(predicted, answer) for answer in answers)
        f1 += max(_f1(predicted, answer) for answer in answers)
    exact, f1 = 100 * exact / len(gold), 100 * f1 / len(gold)
    return {"score": (exact + f1) / 2, "exact_match": exact, "f1": f1}


def chance(gold: Sequence[SpanExample], language: str) -> float:
    """The better score of answering everything with the whole context, or with nothing."""
    whole = {example.id: example.context for example in gold}
    return max(score(gold, given, language)["score"] for given in (whole, dict.fromkeys(whole, "")))


def normalised(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def _answers(example: SpanExample) -> list[str]:
    texts = [text for text, _ in example.answers]
    shown(None if "" in texts else texts, example)
    return texts or [""]


def _exact(predicted: str, answer: str) -> bool:
    return normalised(predicted) == normalised(answer)


def _f1(predicted: str, answer: str) -> float:
    found, wanted = normalised(predicted).split(), normalised(answer).split()
    if not found or not wanted:
        return float(found == wanted)  # as SQuAD v2.0's script; v1.1's has no empty answers
    common = sum((Counter(found) & Counter(wanted)).values())
    return 2 * common / (len(found) + len(wanted))


METRIC = Metric("squad", 2, score, chance)
