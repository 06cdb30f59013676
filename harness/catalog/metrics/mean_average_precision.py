"""Mean average precision over the first 20 candidates, as XTREME-R scores Mewsli-X, where one candidate is right."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from harness.catalog.gold import paired, shown
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction, RetrievalExample
from harness.spec.task import Metric

CUT = 20


def score(gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """Percent; a prediction is [[candidate id, similarity], ...], nearest first, of which the first 20 count.

    Right are the answers of a query, and the candidates among the rows of `gold` that say that they answer it. Average
    precision is divided by the number of right candidates, or by 20, as XTREME's utils_lareqa.py @e23cf42 does; with
    one right candidate it is the reciprocal rank. Raises HarnessError for hidden gold, a missing prediction, or a query
    without a right candidate.
    """
    right = _right(gold)
    queries = [row for row in gold if row.query is not None]
    values = [_average_precision(right[key], ranked) for key, ranked in paired(queries, _id, predictions)]
    return {"score": 100 * (sum(values) / len(values))}


def chance(gold: Sequence[RetrievalExample], language: str) -> float:
    """Percent reached by one ranking for all queries: the candidates that answer most of them."""
    right = _right(gold)
    often = Counter(candidate for candidates in right.values() for candidate in sorted(candidates))
    constant = [[candidate, 0.0] for candidate, _ in often.most_common(CUT)]
    return score(gold, dict.fromkeys(right, constant), language)["score"]


def _right(gold: Sequence[RetrievalExample]) -> dict[str, set[str]]:
    """The right candidates of each query."""
    right = {row.id: set(shown(row.answers, row)) for row in gold if row.query is not None}
    answered: dict[str, set[str]] = defaultdict(set)
    for row in gold:
        for key in row.answers or () if row.query is None else ():
            answered[key].add(row.id)
    for key, candidates in right.items():
        candidates.update(answered[key])
        if not candidates:
            raise HarnessError(f"no candidate answers the query '{key}'; expected its answers, or a pool that has them")
    return right


def _average_precision(right: set[str], ranked: Sequence[Sequence[Any]]) -> float:
    """Average precision in [0, 1]; a candidate named twice counts where it is named first."""
    hits, total, seen = 0.0, 0.0, set[str]()
    for rank, (candidate, *_) in enumerate(ranked[:CUT], start=1):
        if candidate in right and candidate not in seen:
            hits += 1.0
            total += hits / rank
        seen.add(candidate)
    return total / min(len(right), CUT)


def _id(row: RetrievalExample) -> str:
    return row.id


METRIC = Metric("mean_average_precision", 1, score, chance)
