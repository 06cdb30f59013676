"""The library: rows are read only where features must be made, or where somebody asks for examples."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.catalog import data as catalog_data
from harness.catalog.data import dataset, pin
from harness.spec.errors import HarnessError
from harness.spec.recipe import Window
from harness.spec.task import Data
from harness.worker.coder import Coder
from harness.worker.feature_cache import FeatureCache
from harness.worker.library import Library
from tests.unit.worker.test_features import plain
from tests.unit.worker.threads import Exchange, Threaded

PINNED = pin(dataset("toy_nli", "train", ("en",), limit=30), None)


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path, Threaded(0, 1, torch.device("cpu"), Exchange(1)), lambda event, **fields: None)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Data]:
    """What was read, growing as it is."""
    found: list[Data] = []
    real: Callable[..., Iterator[Any]] = catalog_data.rows

    def rows(data: Data, root: Path | None) -> Iterator[Any]:
        found.append(data)
        return real(data, root)

    monkeypatch.setattr(catalog_data, "rows", rows)
    return found


def test_the_first_launch_reads_rows_and_the_next_none_until_examples_are_asked_for(
    cache: FeatureCache, coder: Coder, reads: list[Data]
) -> None:
    cold = Library(None).encoded(PINNED, coder, "t", Window(), cache)
    assert len(reads) == 1
    warm = Library(None).encoded(PINNED, coder, "t", Window(), cache)
    assert [plain(feature) for feature in warm.features] == [plain(feature) for feature in cold.features]
    assert (warm.languages, warm.hidden) == (("en",) * 30, None)
    assert len(reads) == 1
    assert warm.examples == cold.examples
    assert len(reads) == 2


def test_a_launch_encodes_a_set_once(coder: Coder, reads: list[Data]) -> None:
    library = Library(None)
    assert library.encoded(PINNED, coder, "t", Window()) is library.encoded(PINNED, coder, "t", Window())
    assert library.encoded(PINNED, coder, "t", Window(64)) is not library.encoded(PINNED, coder, "t", Window())
    assert len(reads) == 2


def test_features_are_the_same_with_and_without_a_cache(cache: FeatureCache, coder: Coder) -> None:
    kept = Library(None).encoded(PINNED, coder, "t", Window(), cache)
    alone = Library(None).encoded(PINNED, coder, "t", Window())
    assert [plain(feature) for feature in kept.features] == [plain(feature) for feature in alone.features]
    assert (kept.languages, kept.hidden) == (alone.languages, alone.hidden)


def test_data_that_are_not_pinned_are_kept_nowhere(cache: FeatureCache, coder: Coder) -> None:
    encoded = Library(None).encoded(dataset("toy_nli", "train", ("en",), limit=30), coder, "t", Window(), cache)
    assert len(encoded.features) == 30
    assert list(cache.folder.iterdir()) == []


def test_a_set_without_rows_is_named(cache: FeatureCache, coder: Coder) -> None:
    nothing = Data("toy_nli", PINNED.version, "pair", "train")
    with pytest.raises(HarnessError, match="task 'toy_nli', split train: has no rows to work on"):
        Library(None).encoded(nothing, coder, "t", Window(), cache)
