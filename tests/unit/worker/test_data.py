"""The global order: a function of seed, task, epoch and example, cut to processes without waste."""

from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from harness.spec.errors import HarnessError
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data
from harness.worker.data import by_token_budget, check_gold, dealt, global_batches
from harness.worker.features import Features, packed
from harness.worker.format import Feature, find
from harness.worker.library import Encoded

RECIPE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=3, length_window=4)


def _set(task: str, lengths: list[int]) -> Encoded:
    features = [
        Feature(i, np.zeros(n, dtype=int), np.zeros(1, dtype=int), np.zeros(1, dtype=int))
        for i, n in enumerate(lengths)
    ]
    data = Data(task, 1, "pair", "train")
    return Encoded(data, find("pair"), ("en",) * len(lengths), Features([packed(features)]))


LENGTHS = [int(n) for n in np.random.default_rng(0).integers(5, 60, 61)]


def _epoch(sets: list[Encoded], recipe: Recipe, batches: int) -> list[tuple[str, tuple[int, ...]]]:
    found = islice(global_batches(sets, recipe, None), batches)  # type: ignore[arg-type]
    return [(batch.task, tuple(feature.example for feature in batch.features)) for batch in found]


def test_an_epoch_reads_every_example_once_and_keeps_the_short_last_batch() -> None:
    batches = _epoch([_set("a", LENGTHS)], RECIPE, 8)
    assert Counter(example for _, batch in batches for example in batch) == Counter(range(61))
    assert sorted(len(batch) for _, batch in batches) == [5, *[8] * 7]


def test_order_depends_on_seed_and_epoch_only() -> None:
    sets = [_set("a", LENGTHS), _set("b", LENGTHS[:20])]
    first = _epoch(sets, RECIPE, 22)
    assert first == _epoch(sets, RECIPE, 22)
    assert first[:11] != first[11:]
    assert first != _epoch(sets, replace(RECIPE, seed=4), 22)


def test_a_task_has_the_same_batches_alone_and_in_a_mixture() -> None:
    alone = _epoch([_set("a", LENGTHS)], RECIPE, 8)
    mixed = _epoch([_set("a", LENGTHS), _set("b", LENGTHS[:20])], RECIPE, 11)
    assert [batch for batch in mixed if batch[0] == "a"] == alone
    assert Counter(task for task, _ in mixed) == {"a": 8, "b": 3}


def test_hidden_gold_is_not_trained_on() -> None:
    encoded = replace(_set("a", [5, 5]), hidden="8")
    with pytest.raises(HarnessError, match="the gold of example '8' is hidden"):
        check_gold([encoded])


def test_a_cap_bounds_a_tasks_share() -> None:
    batches = _epoch([_set("a", LENGTHS), _set("b", LENGTHS[:20])], replace(RECIPE, examples_cap=16), 4)
    assert Counter(task for task, _ in batches) == {"a": 2, "b": 2}


@pytest.mark.parametrize(("micro_batch", "slots"), [(1, 8), (2, 4), (4, 2), (8, 1)])
def test_dealing_loses_nothing_and_keeps_like_lengths_together(micro_batch: int, slots: int) -> None:
    features = _set("a", LENGTHS[:5]).features
    cut = dealt(features, micro_batch, slots)
    assert len(cut) == slots
    assert sorted(f.example for slot in cut for f in slot) == list(range(5))
    flat = [len(f.tokens) for slot in cut for f in slot]
    assert flat == sorted(flat)


def test_evaluation_batches_stay_within_the_budget() -> None:
    features = _set("a", LENGTHS).features
    batches = by_token_budget(features, 256)
    assert sorted(index for batch in batches for index in batch) == list(range(61))
    assert all(len(batch) * max(len(features[i].tokens) for i in batch) <= 256 for batch in batches)
    padded = sum(len(batch) * max(len(features[i].tokens) for i in batch) for batch in batches)
    assert padded < 1.15 * sum(LENGTHS)


def test_choices_of_an_example_stay_together_within_the_budget() -> None:
    features = [
        feature._replace(others=tuple(np.zeros(1 + extra, dtype=int) for extra in range(feature.example % 4)))
        for feature in _set("a", LENGTHS).features
    ]
    batches = [[features[index] for index in batch] for batch in by_token_budget(features, 256)]
    padded = [sum(len(f.sequences) for f in batch) * max(f.length for f in batch) for batch in batches]
    assert all(size <= 256 or len(batch) == 1 for size, batch in zip(padded, batches, strict=True))
    assert sum(len(batch) > 1 for batch in batches) > 10
    assert sorted(f.example for batch in batches for f in batch) == list(range(61))


def test_choices_are_dealt_by_their_longest() -> None:
    short, long = _set("a", [9, 5]).features
    long = long._replace(others=(np.zeros(30, dtype=int),))
    assert dealt([long, short], 1, 3) == [(short,), (long,), ()]


def test_length_windows_keep_padding_small() -> None:
    def padded(window: int) -> int:
        batches = _epoch([_set("a", LENGTHS)], replace(RECIPE, length_window=window), 8)
        return sum(len(batch) * max(LENGTHS[i] for i in batch) for _, batch in batches)

    assert padded(8) < 1.2 * sum(LENGTHS) < padded(1)


def test_length_windows_go_by_the_longest_choice() -> None:
    plain = _set("a", [4] * len(LENGTHS))
    longer = [
        feature._replace(others=(np.zeros(n, dtype=int),)) for feature, n in zip(plain.features, LENGTHS, strict=True)
    ]
    choices = replace(plain, features=Features([packed(longer)]))
    batches = _epoch([choices], replace(RECIPE, length_window=8), 8)
    assert sum(len(batch) * max(LENGTHS[i] for i in batch) for _, batch in batches) < 1.2 * sum(LENGTHS)
