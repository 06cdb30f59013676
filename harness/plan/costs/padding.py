"""How far sequences of known lengths are padded: in training by length windows, in evaluation by token budgets."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from harness.files.lengths import Histogram, Lengths


def padded_in_training(lengths: Lengths, together: int, micro_batch: int) -> Histogram:
    """Sequences of an epoch by the length that their micro-batch is padded to, on average.

    The features that are drawn `together` are cut to micro-batches in order of length, so a micro-batch is as long as
    a quantile of the set: of n drawn features the i-th is near the quantile i / (n + 1).
    """
    ends = list(accumulate(count for _, count in lengths.longest))
    drawn = min(ends[-1], together)
    found: Counter[int] = Counter()
    for begin in range(0, drawn, micro_batch):
        last = min(drawn, begin + micro_batch)
        at = bisect_left(ends, ends[-1] * last / (drawn + 1))
        found[lengths.longest[at][0]] += last - begin
    return _sequences(found, lengths)


def padded_in_evaluation(lengths: Lengths, token_budget: int) -> tuple[Histogram, int]:
    """Sequences by the length that their batch is padded to, and the number of batches.

    All features are sorted by length, then a batch takes as many as keep its padded size within the budget.
    """
    found: Counter[int] = Counter()
    batches = 0
    for tokens, features in _batches(lengths, token_budget):
        found[tokens] += features
        batches += 1
    return _sequences(found, lengths), batches


def _batches(lengths: Lengths, token_budget: int) -> Iterator[tuple[int, int]]:
    """The padded length and the features of each batch."""
    rows = _total(lengths.sequences) / lengths.features
    size, padded = 0, 0
    for tokens, count in lengths.longest:
        room = max(1, int(token_budget / (rows * tokens)))
        left = count
        while left:
            if size >= room:
                yield padded, size
                size = 0
            taken = min(left, room - size)
            size, padded, left = size + taken, tokens, left - taken
    yield padded, size


def _sequences(features: Counter[int], lengths: Lengths) -> Histogram:
    """Counts of some features as counts of all sequences; the sum of what is rounded stays right."""
    total, some = _total(lengths.sequences), features.total()
    upto = [end * total // some for end in accumulate(features[tokens] for tokens in sorted(features))]
    counts = (end - begin for begin, end in zip([0, *upto], upto, strict=False))
    return tuple((tokens, count) for tokens, count in zip(sorted(features), counts, strict=True) if count)


def _total(histogram: Histogram) -> int:
    return sum(count for _, count in histogram)
