"""Rows of retrieval for the tests: encoded by letters, on a tiny architecture."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.catalog import find as find_entry
from harness.spec.example import RetrievalExample
from harness.spec.recipe import Duration, Recipe, Window
from harness.spec.task import Data
from harness.worker.coder import Coder
from harness.worker.features import Features, packed
from harness.worker.format import Reading, find
from harness.worker.library import Encoded

DATA = Data("pairs", 1, "retrieval", "train")
ARCHITECTURE = replace(find_entry.model("xlm_r/tiny").architecture, vocabulary=40, max_positions=64)
FORMAT = find("retrieval")
RECIPE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=3, length_window=2, negatives=3)


def row(name: str, query: str | None, candidate: str | None, context: str | None = None) -> RetrievalExample:
    return RetrievalExample(name, query, candidate, (name,), context)


def encoded(rows: Sequence[tuple[str, RetrievalExample]], coder: Coder, window: Window | None = None) -> Encoded:
    reading = Reading(coder, window or Window(), ())
    features = Features([packed(FORMAT.encode([example for _, example in rows], reading))])
    return Encoded(DATA, FORMAT, tuple(language for language, _ in rows), features, rows=lambda: rows)


def pairs(count: int) -> list[tuple[str, RetrievalExample]]:
    """Queries of two letters and candidates of the two letters thirteen places on, the other way round."""
    letters = [chr(ord("a") + index) for index in range(13)]
    told = {letter: chr(ord(letter) + 13) for letter in letters}
    words = [first + second for first in letters for second in letters if first != second]
    chosen = np.random.default_rng(0).permutation(len(words))[:count]
    texts = (words[index] for index in chosen)
    return [("en", row(text, text, told[text[1]] + told[text[0]])) for text in texts]
