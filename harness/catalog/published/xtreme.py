"""Hu et al. 2020 (XTREME): its baselines, its zero-shot gaps, and what later papers report on it.

Accuracies and F1 of most tasks were read in mT5's documentation, RemBERT and the rest of XLM-R Large in RemBERT's
paper. What is `recalled` was read nowhere.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.catalog.published.columns import figures, shared
from harness.spec.claim import Claim

PAPER = "Hu et al. 2020 (XTREME)"
READ = ("xnli", "pawsx", "panx", "xquad_f1", "mlqa_f1", "tydiqa_f1")  # of mT5's documentation
XLM_R_LARGE = {
    "xnli": 79.2,
    "pawsx": 86.4,
    "udpos": 72.6,
    "panx": 65.4,
    "xquad_f1": 76.6,
    "xquad_em": 60.8,
    "mlqa_f1": 71.6,
    "mlqa_em": 53.2,
    "tydiqa_f1": 65.1,
    "tydiqa_em": 45.0,
    "bucc2018": 66.0,
    "tatoeba": 57.3,
    "avg": 68.1,
}
MBERT = {
    "xnli": 65.4,
    "pawsx": 81.9,
    "udpos": 70.3,
    "panx": 62.2,
    "xquad_f1": 64.5,
    "xquad_em": 49.4,
    "mlqa_f1": 61.4,
    "mlqa_em": 44.2,
    "tydiqa_f1": 59.7,
    "tydiqa_em": 43.9,
    "bucc2018": 56.7,
    "tatoeba": 38.7,
    "avg": 59.6,
}
XLM = {
    "xnli": 69.1,
    "pawsx": 80.9,
    "udpos": 70.1,
    "panx": 61.2,
    "xquad_f1": 59.8,
    "xquad_em": 44.3,
    "mlqa_f1": 48.5,
    "mlqa_em": 32.6,
    "tydiqa_f1": 43.6,
    "tydiqa_em": 29.1,
    "bucc2018": 56.8,
    "tatoeba": 32.6,
    "avg": 55.5,
}
MMTE = {
    "xnli": 67.4,
    "pawsx": 81.3,
    "udpos": 72.3,
    "panx": 58.3,
    "xquad_f1": 64.4,
    "xquad_em": 46.2,
    "mlqa_f1": 60.3,
    "mlqa_em": 41.4,
    "tydiqa_f1": 58.1,
    "tydiqa_em": 43.8,
    "bucc2018": 59.8,
    "tatoeba": 37.9,
    "avg": 59.3,
}
REMBERT = {
    "xnli": 80.8,
    "udpos": 76.5,
    "panx": 70.1,
    "pawsx": 87.5,
    "xquad_f1": 79.6,
    "xquad_em": 64.0,
    "mlqa_f1": 73.1,
    "mlqa_em": 55.0,
    "tydiqa_f1": 77.0,
    "tydiqa_em": 63.0,
}
MT5 = {
    "Small": (67.5, 82.4, 50.5, 58.1, 54.6, 36.4),
    "Base": (75.4, 86.4, 55.7, 67.0, 64.6, 59.1),
    "Large": (81.1, 88.9, 58.5, 77.8, 71.2, 68.4),
    "XL": (82.9, 89.6, 65.5, 79.5, 73.5, 77.8),
    "XXL": (85.0, 90.0, 69.2, 82.5, 76.0, 82.0),
}
GENERATES = "theirs generates its answers"  # and ours is the encoder alone
GAPS = {
    "mBERT": {
        "xnli": 16.5,
        "pawsx": 14.1,
        "xquad": 25.0,
        "mlqa": 27.5,
        "tydiqa": 22.2,
        "avg": 21.0,
        "udpos": 25.5,
        "panx": 23.6,
    },
    "XLM-R": {
        "xnli": 10.2,
        "pawsx": 12.4,
        "xquad": 16.3,
        "mlqa": 19.1,
        "tydiqa": 13.3,
        "avg": 14.3,
        "udpos": 24.3,
        "panx": 19.8,
    },
}


def _claims() -> Iterator[Claim]:
    yield from figures(shared(PAPER, "XLM-R Large", "xtreme", "seen"), XLM_R_LARGE, recalled=("udpos",))
    for name, cells in (("mBERT", MBERT), ("XLM", XLM)):
        recalled = [column for column in cells if column not in READ]
        yield from figures(shared(PAPER, name, "xtreme", "seen"), cells, recalled)
    yield from figures(shared(PAPER, "MMTE", "xtreme", "memory"), MMTE)
    yield from figures(shared("RemBERT (arXiv 2010.12821), table 16", "RemBERT", "xtreme", "seen"), REMBERT)
    for size, scores in MT5.items():
        own = shared("mT5, zero-shot", f"mt5/{size.lower()}", "xtreme", "seen")
        yield from figures(replace(own, apart=GENERATES), dict(zip(READ, scores, strict=True)))
    for name, gaps in GAPS.items():
        yield from figures(replace(shared(PAPER, name, "xtreme", "memory"), kind="gap"), gaps)


CLAIMS = tuple(_claims())
