"""Building features against a plain `datasets.map` with the same tokenizer: rows a second, as ratios from one run.

`python -m benchmarks.features` makes up sentence pairs, trains a unigram tokenizer on some of them, and encodes all in
turn: by `datasets.map(batched=True)`, which keeps `input_ids` in an Arrow file; by the harness without its cache; and
by one process that fills the cache (cold) and one that finds it (warm). The time of all threads (cpu) is told apart:
on a busy host it is the steadier measure. Nothing is read from a network.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from tokenizers import Tokenizer, processors

from harness.catalog import data as catalog_data
from harness.catalog.memory import file_digest
from harness.spec.example import PairExample
from harness.spec.model import TrainTokenizer
from harness.spec.recipe import Window
from harness.spec.task import Data, Part
from harness.worker import tokenizer
from harness.worker.coder import Coder
from harness.worker.feature_cache import FeatureCache
from harness.worker.library import Encoded, Library
from harness.worker.manner import BOS, EOS
from harness.worker.session import Session

ROWS, ROUNDS, WORDS, VOCABULARY, SAMPLE = 50_000, 3, 30_000, 8_000, 5_000
DATA = Data("pairs", 1, "pair", "train", (Part("en", "0" * 64),), ("a", "b", "c"))
PLAIN = "datasets.map"

Ids = Callable[[int], list[int]]  # the ids of a row
Spent = tuple[float, float]  # seconds on the clock, and of all threads


class Alone(Session):
    """One process without a process group."""

    def agreed(self, value: Any) -> Any:
        """Nobody else has a say."""
        return value

    def gathered(self, values: Any) -> list[Any]:
        """Nobody else gives any."""
        return list(values)


@dataclass(frozen=True)
class Setting:
    """What all ways of encoding share."""

    rows: list[tuple[str, PairExample]]
    coder: Coder
    name: str
    plain: Tokenizer

    def with_map(self, folder: Path) -> Ids:
        """Both texts of each row to one list of ids, put together and cut by the tokenizer itself."""
        texts = {"first": [row.first for _, row in self.rows], "second": [row.second for _, row in self.rows]}
        tables = datasets.Dataset.from_dict(texts)

        def encode(batch: dict[str, list[str]]) -> dict[str, list[list[int]]]:
            pairs = list(zip(batch["first"], batch["second"], strict=True))
            return {"input_ids": [found.ids for found in self.plain.encode_batch(pairs)]}

        file = str(folder / "map.arrow")
        made = tables.map(encode, batched=True, remove_columns=["first", "second"], cache_file_name=file)
        return lambda row: made[row]["input_ids"]

    def without_cache(self, folder: Path) -> Ids:
        """The library's way for data that are not pinned."""
        return _ids(Library(None).encoded(DATA, self.coder, self.name, Window()))

    def with_cache(self, folder: Path) -> Ids:
        """As one process of a launch; the second time it finds the features."""
        cache = FeatureCache(folder / "features", Alone(0, 1, torch.device("cpu")), lambda event, **fields: None)
        return _ids(Library(None).encoded(DATA, self.coder, self.name, Window(), cache))


def made_up() -> list[tuple[str, PairExample]]:
    """Pairs with the skewed lengths of natural language inference, words drawn by Zipf's law."""
    random = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlucmfwypvbgkqjxz"))
    words = ["".join(letters[random.zipf(1.3, size) % 26]) for size in np.clip(random.poisson(4.5, WORDS), 1, 14)]
    lengths = np.clip(random.lognormal(2.6, 0.6, (ROWS, 2)), 3, 90).astype(int)
    drawn = iter((random.zipf(1.25, int(lengths.sum())) % WORDS).tolist())
    sides = [[" ".join(words[next(drawn)] for _ in range(size)) for size in pair] for pair in lengths.tolist()]
    return [("en", PairExample(str(row), first, second, "abc"[row % 3])) for row, (first, second) in enumerate(sides)]


def setting(folder: Path) -> Setting:
    """The rows and a tokenizer learnt from some of them."""
    rows = made_up()
    texts = (text for _, row in rows[:SAMPLE] for text in (row.first, row.second))
    file = tokenizer.train(TrainTokenizer("unigram", VOCABULARY, (DATA,)), texts, folder)
    plain = Tokenizer.from_file(str(file))
    plain.enable_truncation(Window().max_length)
    specials = [(token, plain.token_to_id(token)) for token in (BOS, EOS)]
    plain.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {EOS}", pair=f"{BOS} $A {EOS} {EOS} $B {EOS}", special_tokens=specials
    )
    return Setting(rows, Coder.load(file), file_digest(file), plain)


def main() -> None:
    """Measure and print."""
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as name:
        ours = setting(Path(name))
        catalog_data.rows = lambda data, root: iter(ours.rows)  # type: ignore[assignment, return-value]
        times: dict[str, list[Spent]] = {}
        ids_of_map: Ids | None = None
        for number in range(ROUNDS):
            folder = Path(name, str(number))
            folder.mkdir()
            ways: dict[str, Callable[[Path], Ids]] = {
                PLAIN: ours.with_map,
                "harness, no cache": ours.without_cache,
                "harness, cold cache": ours.with_cache,
                "harness, warm cache": ours.with_cache,
            }
            for way, encode in ways.items():
                began = (time.perf_counter(), time.process_time())
                ids = encode(folder)
                ended = (time.perf_counter(), time.process_time())
                times.setdefault(way, []).append((ended[0] - began[0], ended[1] - began[1]))
                assert all(ids(row) == ids_of_map(row) for row in range(0, ROWS, 97)) if ids_of_map else True
                ids_of_map = ids_of_map or ids
    print(f"{ROWS} pairs, {sys.platform}, median of {ROUNDS} rounds")
    print(f"{'way':22}{'seconds':>9}{'cpu':>8}{'rows / s':>12}{'time / ' + PLAIN:>20}{'cpu / ' + PLAIN:>19}")
    for way, found in times.items():
        (wall, wall_ratio), (cpu, cpu_ratio) = (_medians(found, times[PLAIN], part) for part in (0, 1))
        print(f"{way:22}{wall:9.3f}{cpu:8.3f}{ROWS / wall:12,.0f}{wall_ratio:20.3f}{cpu_ratio:19.3f}")


def _medians(found: list[Spent], plain: list[Spent], part: int) -> tuple[float, float]:
    """Of one kind of time: its median, and that of its ratios to the same round's plain way."""
    ratios = (own[part] / other[part] for own, other in zip(found, plain, strict=True))
    return statistics.median(spent[part] for spent in found), statistics.median(ratios)


def _ids(encoded: Encoded) -> Ids:
    return lambda row: encoded.features[row].tokens.tolist()


if __name__ == "__main__":
    main()
