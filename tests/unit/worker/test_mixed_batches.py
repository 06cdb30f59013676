"""Mixtures of tasks in the global order: one task a batch, passes that go on, one pass an epoch without a rule."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.spec.recipe import Duration, Mixing, Recipe
from harness.spec.task import Data, Part
from harness.worker import data as worker_data
from harness.worker.data import GlobalBatch, global_batches
from harness.worker.features import Features, packed
from harness.worker.format import Feature, find
from harness.worker.library import Encoded

RECIPE = Recipe(Duration("epochs", 1.0), 8, 1e-3, seed=3, length_window=4)


def _set(task: str, count: int, language: str = "en") -> Encoded:
    lengths = np.random.default_rng(count).integers(5, 60, count)
    features = [
        Feature(i, np.zeros(n, dtype=int), np.zeros(1, dtype=int), np.zeros(1, dtype=int))
        for i, n in enumerate(lengths)
    ]
    data = Data(task, 1, "pair", "train", (Part(language),))
    return Encoded(data, find("pair"), (language,) * count, Features([packed(features)]))


def _told(batches: Iterator[GlobalBatch], count: int) -> list[tuple[str, tuple[int, ...]]]:
    return [(b.task, tuple(f.example for f in b.features)) for b in itertools.islice(batches, count)]


def _batches(sets: list[Encoded], recipe: Recipe, count: int) -> list[tuple[str, tuple[int, ...]]]:
    return _told(global_batches(sets, recipe, None), count)  # type: ignore[arg-type]


def _one_pass_an_epoch(sets: list[Encoded], recipe: Recipe) -> Iterator[GlobalBatch]:
    """The rule in its simplest form: each epoch draws every task's pass anew and uses it up."""
    for epoch in itertools.count():
        passes = [list(worker_data._epoch(each, recipe, epoch)) for each in sets]
        turns = np.repeat(np.arange(len(sets)), list(map(len, passes)))
        queues = [iter(each) for each in passes]
        for turn in worker_data._random(recipe.seed, "mixture", epoch).permutation(turns):
            yield worker_data._batch(next(queues[turn]), recipe, None)  # type: ignore[arg-type]


def test_without_a_rule_an_epoch_is_one_pass_over_each_task() -> None:
    sets = [_set("a", 61), _set("b", 20), _set("c", 9)]
    for recipe in (RECIPE, replace(RECIPE, examples_cap=24)):
        plain = _told(_one_pass_an_epoch(sets, recipe), 50)
        assert _batches(sets, recipe, 50) == plain


def test_a_task_with_more_steps_than_a_pass_goes_on_with_its_next_pass() -> None:
    sets = [_set("a", 64), _set("b", 16)]  # 8 + 2 steps, 5 each
    found = _batches(sets, replace(RECIPE, mixing=Mixing("uniform")), 20)
    assert Counter(task for task, _ in found[:10]) == {"a": 5, "b": 5}
    small = [batch for batch in found if batch[0] == "b"]
    assert small == _batches([sets[1]], RECIPE, 10)
    for begin in range(0, 10, 2):
        assert Counter(i for _, batch in small[begin : begin + 2] for i in batch) == Counter(range(16))


def test_a_task_with_fewer_steps_than_a_pass_goes_on_where_it_stopped() -> None:
    sets = [_set("a", 64), _set("b", 16)]
    found = _batches(sets, replace(RECIPE, mixing=Mixing("uniform")), 20)
    large = [batch for batch in found if batch[0] == "a"]
    assert large == _batches([sets[0]], RECIPE, 10)
    assert Counter(i for _, batch in large[:8] for i in batch) == Counter(range(64))


def test_a_task_in_two_languages_is_drawn_apart() -> None:
    english, german = _set("a", 64), _set("a", 64, "de")
    alone = _batches([english], RECIPE, 8)
    assert alone != _batches([german], RECIPE, 8)
    mixed = _batches([english, german], RECIPE, 16)
    assert {task for task, _ in mixed} == {"a"}
    assert sum(batch in alone for batch in mixed) == 8
