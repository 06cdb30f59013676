"""F1 of mined sentence pairs, as XTREME scores BUCC: one-to-one pairs by margin, above a threshold tuned on dev."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from harness.catalog.gold import shown
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction, RetrievalExample
from harness.spec.task import Metric, Score


class Pair(NamedTuple):
    """Ids of a query and of the candidate taken for its translation."""

    query: str
    candidate: str
    margin: float


def score(gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], language: str) -> dict[str, float]:
    """Raises HarnessError: what a pair must reach is not known before `tune`."""
    raise HarnessError("mined pairs cannot be scored before their threshold is tuned; expected an evaluation of dev")


def tune(gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], language: str) -> Score:
    """A score with the threshold that `best_threshold` finds; raises HarnessError as `mined`."""
    return partial(_score, threshold=best_threshold(gold, predictions))


def best_threshold(gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction]) -> float:
    """The margin that gives the best F1: half-way to the pair after the last one that is taken, or that of the last.

    XTREME's utils_retrieve.py does so, and takes 0 where no pair is right.
    """
    pairs, right = mined(gold, predictions), _gold(gold)
    best, threshold, correct = 0.0, 0.0, 0
    for taken, pair in enumerate(pairs, start=1):
        correct += (pair.query, pair.candidate) in right
        f1 = _f1(correct, taken, len(right))
        if f1 > best:
            following = pairs[taken] if taken < len(pairs) else pair
            best, threshold = f1, (pair.margin + following.margin) / 2
    return threshold


def mined(gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction]) -> list[Pair]:
    """Pairs without a threshold, best first; no sentence is in two of them.

    A query's prediction is [[candidate id, margin], ...], a candidate's [[query id, margin], ...], best first, and the
    first of each counts if its margin is positive. As in XTREME, sentences with the same text are one while pairs are
    chosen, and are left out then, since nobody could say which was meant; of these, only the first needs a prediction.
    Raises HarnessError for a missing prediction or an unknown id.
    """
    alike, repeated = _same_texts(gold)
    chosen: list[Pair] = []
    seen: set[str] = set()
    for pair in sorted(_proposed(gold, predictions, alike), key=itemgetter(2), reverse=True):  # stable: ties keep order
        if pair.query not in seen and pair.candidate not in seen:
            seen.add(pair.query)
            seen.add(pair.candidate)
            if pair.query not in repeated and pair.candidate not in repeated:
                chosen.append(pair)
    return chosen


def chance(gold: Sequence[RetrievalExample], language: str) -> float:
    """0: pairs that do not depend on the sentences are hardly ever right."""
    return 0.0


def _score(
    gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], language: str, *, threshold: float
) -> dict[str, float]:
    """F1 over pairs in percent, with precision and recall; raises HarnessError for hidden gold and as `mined`."""
    right = _gold(gold)
    taken = [(pair.query, pair.candidate) for pair in mined(gold, predictions) if pair.margin >= threshold]
    correct = len(right.intersection(taken))
    return {
        "score": 100 * _f1(correct, len(taken), len(right)),
        "precision": 100 * (correct / len(taken)) if taken else 0.0,
        "recall": 100 * (correct / len(right)),
    }


def _f1(correct: int, taken: int, right: int) -> float:
    if not correct:
        return 0.0
    precision, recall = correct / taken, correct / right
    return 2 * precision * recall / (precision + recall)


def _gold(gold: Sequence[RetrievalExample]) -> set[tuple[str, str]]:
    pairs = {(row.id, answer) for row in gold if row.query is not None for answer in shown(row.answers, row)}
    if not pairs:
        raise HarnessError("there is no gold to score against; expected at least one pair")
    return pairs


def _same_texts(gold: Sequence[RetrievalExample]) -> tuple[dict[str, str], set[str]]:
    """The first id with the same text on its side for each id, and those ids whose texts occur several times."""
    first: dict[tuple[bool, str], str] = {}
    alike: dict[str, str] = {}
    for row in gold:
        is_query = row.query is not None
        alike[row.id] = first.setdefault((is_query, str(row.query if is_query else row.candidate).strip()), row.id)
    return alike, {same for key, same in alike.items() if key != same}


def _proposed(
    gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], alike: Mapping[str, str]
) -> Iterator[Pair]:
    """The best pair of each query, then of each candidate, by the first ids of their texts; only positive margins."""
    for row in gold:
        if alike[row.id] != row.id:
            continue
        if row.id not in predictions:
            raise HarnessError(f"there is no prediction for example '{row.id}'; expected one for every sentence")
        for other, margin in predictions[row.id][:1]:
            if other not in alike:
                raise HarnessError(f"the prediction for '{row.id}' names '{other}'; expected the id of a sentence")
            if margin > 0:
                yield (
                    Pair(row.id, alike[other], margin) if row.query is not None else Pair(alike[other], row.id, margin)
                )


METRIC = Metric("mining", 1, score, chance, tune, by_items=False)
