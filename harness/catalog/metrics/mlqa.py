"""MLQA's exact match and F1 (Lewis et al. 2020): SQuAD's rule with the articles, signs and words of each language.

The rules are those of mlqa_evaluation_v1.py (facebookresearch/MLQA @5ef5c73), which XTREME calls.
"""

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial

from harness.catalog.metrics.squad import constant, scored, texts
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction, SpanExample
from harness.spec.task import Metric

ARTICLES = {
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "ar": "ال",  # wherever it stands, within words too: the other half of the script's pattern can match nothing
    "hi": None,
    "zh": None,
}
_HAN = re.compile("[\u4e00-\u9fa5]")


def score(gold: Sequence[SpanExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """`exact_match` and `f1` in percent, the best over the gold answers, and their mean as `score`.

    Raises HarnessError for a language that MLQA does not have, hidden gold, or a missing prediction.
    """
    rule = partial(normalised, language=language)
    return scored(gold, predictions, rule, lambda example: [rule(text) for text in texts(example)])


def chance(gold: Sequence[SpanExample], language: str) -> float:
    """The better score of answering everything with the whole context, or with nothing."""
    return constant(score, gold, language)


def normalised(text: str, language: str) -> str:
    """Lower case, without the signs of any script, without articles; Chinese in single characters."""
    if language not in ARTICLES:
        raise HarnessError(f"MLQA has no answers in '{language}'; it has {', '.join(sorted(ARTICLES))}")
    kept = "".join(character for character in text.lower() if not _is_sign(character))
    articles = ARTICLES[language]
    if articles:
        kept = re.sub(articles, " ", kept)
    if language == "zh":
        kept = _HAN.sub(r" \g<0> ", kept)
    return " ".join(kept.split())


def _is_sign(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


METRIC = Metric("mlqa", 1, score, chance)
