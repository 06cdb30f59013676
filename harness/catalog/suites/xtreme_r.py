"""XTREME-R (Ruder et al. 2021): ten tasks in 50 languages."""

from harness.spec.suite import Suite

SUITE = Suite(
    "xtreme_r",
    tasks=("xnli", "xcopa", "udpos", "panx", "xquad", "mlqa", "tydiqa", "mewslix", "lareqa", "tatoeba"),
)
