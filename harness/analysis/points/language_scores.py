"""The score of one language, or why it is missing: its headline, its F1, whether it is at chance or partial."""

import math

from harness.analysis.values import Missing, Value
from harness.spec.record import LanguageScore

Score = LanguageScore | Missing


def headline(score: Score) -> Value:
    """The score that aggregates are made of."""
    return score if isinstance(score, Missing) else score.values["score"]


def f1(score: Score) -> Value:
    """The headline, or F1 where that is a mean of exact match and F1."""
    if isinstance(score, Missing):
        return score
    return score.values["f1"] if "exact_match" in score.values else score.values["score"]


def partial(score: Score) -> Missing | None:
    """Why a score must not count as the official one: what its rows or candidates lack; None where nothing."""
    return Missing(score.note) if isinstance(score, LanguageScore) and score.note else None


def at_chance(score: LanguageScore) -> bool:
    """Whether a score is at chance: no more than two standard errors above it.

    The standard error is the binomial one of `n` answers that are right with the probability of chance; for scores
    that give partial credit (F1) it is an approximation from above.
    """
    share = score.chance / 100
    error = 100 * math.sqrt(share * (1 - share) / max(1, score.n))
    return score.values["score"] <= score.chance + 2 * error
