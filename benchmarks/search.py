"""Search in blocks against one full matrix product: time and memory for the same neighbours.

`python -m benchmarks.search [CANDIDATES]` searches both ways in turn, on one process, and prints ratios to the full
product, each the median of several rounds.
"""

import statistics
import sys
from collections.abc import Callable

import torch
from torch import Tensor

from harness.worker.meter import Meter
from harness.worker.search import QUERIES, Share, nearest, ranked

ASKED, HIDDEN, COUNT, ROUNDS = 4096, 256, 20, 3
CPU = torch.device("cpu")
MIB = 1 << 20


def full(queries: Tensor, candidates: Share) -> Tensor:
    """Rows of the nearest by the product of all with all."""
    return (queries @ candidates.vectors.T).topk(COUNT).indices


def blocks(queries: Tensor, candidates: Share) -> Tensor:
    """The same as an evaluation finds them."""
    hits = [nearest(some, candidates, COUNT) for some in queries.split(QUERIES)]
    return ranked(torch.cat(hits)).rows


def measured(find: Callable[[Tensor, Share], Tensor], queries: Tensor, candidates: Share) -> tuple[float, float]:
    """Seconds, and MiB more than before."""
    before = Meter(CPU).peak_memory  # the mark has just been set back to what is held now
    meter = Meter(CPU)
    find(queries, candidates)
    return meter.seconds, (meter.peak_memory - before) / MIB


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    drawn = torch.Generator().manual_seed(0)
    queries, vectors = (torch.randn((n, HIDDEN), generator=drawn) for n in (ASKED, count))
    candidates = Share(torch.arange(count), vectors)
    same = (full(queries, candidates) == blocks(queries, candidates)).float().mean().item()
    rounds = [{way: measured(way, queries, candidates) for way in (full, blocks)} for _ in range(ROUNDS)]
    print(
        f"{ASKED} queries, {count} candidates, {HIDDEN} dimensions; {100 * same:.3f} % of the neighbours are the same"
    )
    print(f"{'search':16}{'time / full':>14}{'memory / full':>16}{'seconds':>10}{'MiB':>8}")
    for way in (full, blocks):
        ratios = [statistics.median(r[way][i] / max(r[full][i], 1e-9) for r in rounds) for i in (0, 1)]
        own = [statistics.median(r[way][i] for r in rounds) for i in (0, 1)]
        print(f"{way.__name__:16}{ratios[0]:14.2f}{ratios[1]:16.2f}{own[0]:10.2f}{own[1]:8.0f}")


if __name__ == "__main__":
    main()
