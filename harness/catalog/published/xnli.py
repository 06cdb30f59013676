"""XNLI by language: XLM-R trained on English alone, and on translations into all languages."""

from collections.abc import Iterator
from dataclasses import replace

from harness.catalog.published.columns import languages, shared
from harness.spec.claim import Claim

ENGLISH = "XLM-R (ERNIE-M), trained on English"  # read in ERNIE-M's documentation
TRANSLATED = "XLM-R XL (fairseq), trained on translations"  # read in fairseq's documentation
LANGUAGES = "en fr es de el bg ru tr ar vi th zh hi sw ur avg"
ZERO_SHOT = {
    "XLM-R Base": (85.8, 79.7, 80.7, 78.7, 77.5, 79.6, 78.1, 74.2, 73.8, 76.5, 74.6, 76.7, 72.4, 66.5, 68.3, 76.2),
    "XLM-R Large": (89.1, 84.1, 85.1, 83.9, 82.9, 84.0, 81.2, 79.6, 79.8, 80.8, 78.1, 80.2, 76.9, 73.9, 73.8, 80.9),
}
TRANSLATE_TRAIN = {
    "XLM-R Large": (89.1, 85.1, 86.6, 85.7, 85.3, 85.9, 83.5, 83.2, 83.1, 83.7, 81.5, 83.7, 81.6, 78.0, 78.1, 83.6),
    "XLM-R XL": (91.1, 87.2, 88.1, 87.0, 87.4, 87.8, 85.3, 85.2, 85.3, 86.2, 83.8, 85.3, 83.1, 79.8, 78.2, 85.4),
    "XLM-R XXL": (91.5, 87.6, 88.7, 87.8, 87.4, 88.2, 85.6, 85.1, 85.8, 86.3, 83.9, 85.6, 84.6, 81.7, 80.6, 86.0),
}


def _claims() -> Iterator[Claim]:
    for name, scores in ZERO_SHOT.items():
        own = replace(shared(ENGLISH, name, "xtreme", "seen"), task="xnli")
        yield from languages(own, LANGUAGES.split(), scores)
    for name, scores in TRANSLATE_TRAIN.items():
        own = replace(shared(TRANSLATED, name, "xtreme", "seen"), task="xnli", after="translate_train")
        yield from languages(own, LANGUAGES.split(), scores)


CLAIMS = tuple(_claims())
