"""SQuAD v1.1's exact match and F1 (Rajpurkar et al. 2016), normalised as English in all languages, as XTREME does."""

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from harness.catalog.gold import paired, shown
from harness.spec.example import Prediction, SpanExample
from harness.spec.task import Metric, Score

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)  # ASCII alone, as in the official script

Answers = Callable[[SpanExample], Sequence[str]]


def score(gold: Sequence[SpanExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """`exact_match` and `f1` in percent, the best over the gold answers, and their mean as `score`.

    A question without an answer wants "". Raises HarnessError for hidden gold or a missing prediction, where the
    official script counts 0: what is missing is not wrong.
    """
    return scored(gold, predictions, normalised, lambda example: [normalised(text) for text in texts(example)])


def chance(gold: Sequence[SpanExample], language: str) -> float:
    """The better score of answering everything with the whole context, or with nothing."""
    return constant(score, gold, language)


def scored(
    gold: Sequence[SpanExample],
    predictions: Mapping[str, Prediction],
    normalise: Callable[[str], str],
    answers: Answers,
) -> dict[str, float]:
    """The scores of any rule of normalisation; `answers` gives the normalised answers, none where "" is right.

    In the arithmetic of the official scripts, so that the last digit is theirs.
    """
    exact = f1 = 0.0
    for wanted, predicted in paired(gold, answers, predictions):
        found = normalise(predicted)
        exact += found in wanted if wanted else not found
        f1 += max(_f1(found.split(), answer.split()) for answer in wanted) if wanted else not found
    exact, f1 = 100.0 * exact / len(gold), 100.0 * f1 / len(gold)
    return {"score": (exact + f1) / 2, "exact_match": exact, "f1": f1}


def constant(rule: Score, gold: Sequence[SpanExample], language: str) -> float:
    """The better score by `rule` of answering everything with the whole context, or with nothing."""
    whole = {example.id: example.context for example in gold}
    return max(rule(gold, given, language)["score"] for given in (whole, dict.fromkeys(whole, "")))


def normalised(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def texts(example: SpanExample) -> list[str]:
    """The answers of a question; raises HarnessError where they are hidden."""
    found = [text for text, _ in example.answers]
    return shown(None if "" in found else found, example)


def _f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    common = sum((Counter(found) & Counter(wanted)).values())
    if not common:  # also where both are empty, an answer that is an article or a sign alone
        return 0.0
    precision, recall = common / len(found), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


METRIC = Metric("squad", 3, score, chance)
