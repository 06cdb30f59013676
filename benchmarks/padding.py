"""Length windows against plain order and against padding to the longest: padded tokens and time of the same epoch.

`python -m benchmarks.padding` runs the three side by side, in turn, on one process and prints ratios to plain order.
"""

import statistics
import time
from dataclasses import replace
from itertools import islice

import numpy as np
import torch

from harness.catalog import find
from harness.plan.costs.duration import steps_per_epoch
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data
from harness.worker.data import global_batches
from harness.worker.features import Features, packed
from harness.worker.format import Feature, MicroBatch, collate
from harness.worker.format import find as find_format
from harness.worker.library import Encoded
from harness.worker.network import Network, head_specs

LONGEST, EXAMPLES, BATCH, ROUNDS = 128, 512, 16, 3
DATA = Data("pairs", 1, "pair", "train", labels=("a", "b", "c"))
RECIPE = Recipe(Duration("epochs", 1.0), BATCH, 1e-3, seed=0)
POLICIES = {"plain order": (1, False), "length windows": (8, False), "padded to the longest": (1, True)}


def sentences() -> Encoded:
    """Pairs with the skewed lengths of natural language inference: log-normal, median 30, at most LONGEST."""
    lengths = np.clip(np.random.default_rng(0).lognormal(3.4, 0.6, EXAMPLES), 8, LONGEST).astype(int)
    first = np.zeros(1, dtype=np.int64)
    features = [Feature(i, np.full(n, 7), first, first + i % 3) for i, n in enumerate(lengths)]
    return Encoded(DATA, find_format("pair"), ("en",) * EXAMPLES, Features([packed(features)]))


def batches(encoded: Encoded, window: int, padded: bool) -> list[MicroBatch]:
    """One epoch under a policy."""
    steps = steps_per_epoch([EXAMPLES], BATCH, None)
    drawn = islice(global_batches([encoded], replace(RECIPE, length_window=window), None), steps)  # type: ignore[arg-type]
    made = [collate(DATA.task, batch.features, 1) for batch in drawn]
    return [_widened(batch) for batch in made] if padded else made


def seconds(network: Network, epoch: list[MicroBatch]) -> float:
    """Time of forward and backward over an epoch."""
    began = time.perf_counter()
    for batch in epoch:
        network(batch).backward()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    architecture = replace(find.model("xlm_r/tiny").architecture, vocabulary=100, hidden=128, ffn=512, layers=4)
    network = Network(architecture, head_specs((DATA,), architecture), dropout=0.0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    encoded = sentences()
    epochs = {name: batches(encoded, *policy) for name, policy in POLICIES.items()}
    times: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(ROUNDS):
        for name, epoch in epochs.items():
            times[name].append(seconds(network, epoch))
    real = sum(len(feature.tokens) for feature in encoded.features)
    print(f"{'policy':24}{'padded / real tokens':>22}{'time / plain order':>20}{'seconds':>10}")
    for name, epoch in epochs.items():
        ratio = statistics.median(t / p for t, p in zip(times[name], times["plain order"], strict=True))
        padded = sum(batch.ids.numel() for batch in epoch) / real
        print(f"{name:24}{padded:22.2f}{ratio:20.2f}{statistics.median(times[name]):10.2f}")


def _widened(batch: MicroBatch) -> MicroBatch:
    room = (0, LONGEST - batch.ids.shape[1])
    ids, mask = torch.nn.functional.pad(batch.ids, room, value=1), torch.nn.functional.pad(batch.mask, room)
    return replace(batch, ids=ids, mask=mask)


if __name__ == "__main__":
    main()
