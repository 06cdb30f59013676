"""Data of a phase: rows encoded once a launch, and the global order that no placement can change."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.catalog import data as catalog_data
from harness.plan.duration import steps_per_epoch
from harness.spec.errors import HarnessError
from harness.spec.example import Example
from harness.spec.recipe import Recipe, Window
from harness.spec.task import Data
from harness.worker.coder import Coder
from harness.worker.format import Feature, Format, Reading, find


@dataclass(frozen=True)
class Encoded:
    """A set as features; `languages` and `examples` are in the order of the rows."""

    data: Data
    format: Format
    languages: tuple[str, ...]
    examples: tuple[Example, ...]
    features: tuple[Feature, ...]


@dataclass(frozen=True)
class GlobalBatch:
    """The features of one optimiser step, all of one task, and their weight in the loss."""

    task: str
    features: tuple[Feature, ...]
    weight: int


class Library:
    """Reads and encodes each set once, however many phases of the launch need it."""

    def __init__(self, root: str | None) -> None:
        self._root = Path(root) if root else None
        self._encoded: dict[tuple[Data, str, Window], Encoded] = {}

    def encoded(self, data: Data, coder: Coder, tokenizer: str, window: Window) -> Encoded:
        """`data` as features by the tokenizer called `tokenizer`; raises HarnessError where it has no rows."""
        key = (data, tokenizer, window)
        if key not in self._encoded:
            rows = list(catalog_data.rows(data, self._root))
            if not rows:
                raise HarnessError(f"task '{data.task}', split {data.split}: has no rows to work on")
            languages, examples = zip(*rows, strict=True)
            format_ = find(data.format)
            features = tuple(format_.encode(examples, Reading(coder, window, data.labels)))
            self._encoded[key] = Encoded(data, format_, languages, examples, features)
        return self._encoded[key]

    def texts(self, data: Sequence[Data]) -> Iterator[str]:
        """The text of several sets, for a tokenizer."""
        for part in data:
            for _, example in catalog_data.rows(part, self._root):
                yield from catalog_data.texts(example)


def check_gold(sets: Sequence[Encoded]) -> None:
    """Raise HarnessError, naming the example, for a set that cannot be trained on since its gold is hidden."""
    for encoded in sets:
        hidden = next((example for example in encoded.examples if not example.labelled), None)
        if hidden is not None:
            raise HarnessError(
                f"task '{encoded.data.task}', split {encoded.data.split}: the gold of example '{hidden.id}' is hidden, "
                "so it cannot be trained on; name a split with labels"
            )


def global_batches(sets: Sequence[Encoded], recipe: Recipe, coder: Coder) -> Iterator[GlobalBatch]:
    """Global batches without end, a function of (seed, task, epoch, example) alone.

    One epoch holds ceil(min(n, cap) / batch) batches of each task in an order drawn for the epoch.
    """
    for epoch in itertools.count():
        queues = [_epoch(encoded, recipe, epoch, coder) for encoded in sets]
        counts = [steps_per_epoch([len(s.features)], recipe.batch_size, recipe.examples_cap) for s in sets]
        turns = np.repeat(np.arange(len(sets)), counts)
        for turn in _random(recipe.seed, "mixture", epoch).permutation(turns):
            yield next(queues[turn])


def _epoch(encoded: Encoded, recipe: Recipe, epoch: int, coder: Coder) -> Iterator[GlobalBatch]:
    task, size = encoded.data.task, recipe.batch_size
    random = _random(recipe.seed, task, epoch)
    order = random.permutation(len(encoded.features))[: recipe.examples_cap]
    lengths = np.array([feature.length for feature in encoded.features])
    pool = size * recipe.length_window
    pools = [order[begin : begin + pool] for begin in range(0, len(order), pool)]
    by_length = [part[np.argsort(lengths[part], kind="stable")] for part in pools]
    batches = [part[begin : begin + size] for part in by_length for begin in range(0, len(part), size)]
    for index in random.permutation(len(batches)):
        features = tuple(_varied(encoded, recipe, epoch, int(example), coder) for example in batches[index])
        yield GlobalBatch(task, features, sum(encoded.format.weight(feature) for feature in features))


def _varied(encoded: Encoded, recipe: Recipe, epoch: int, index: int, coder: Coder) -> Feature:
    feature = encoded.features[index]
    if encoded.format.vary is None:
        return feature
    return encoded.format.vary(feature, _random(recipe.seed, encoded.data.task, epoch, index), recipe.mask, coder)


def _random(*key: str | int) -> np.random.Generator:
    """A generator that depends on `key` alone: counter-based, so that neighbouring keys are independent."""
    words = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(words, dtype=np.uint64)))


def dealt(features: Sequence[Feature], micro_batch: int, slots: int) -> list[tuple[Feature, ...]]:
    """Cut a global batch into `slots` micro-batches of like lengths; an empty one has nothing to do.

    Neighbours in length go to neighbouring slots, hence to different ranks at the same turn.
    """
    by_length = sorted(features, key=lambda feature: feature.length)
    return [tuple(by_length[slot * micro_batch : (slot + 1) * micro_batch]) for slot in range(slots)]


def by_token_budget(features: Sequence[Feature], budget: int) -> list[tuple[int, ...]]:
    """Indices of features in batches of like lengths whose padded size stays within `budget` tokens.

    A feature whose own sequences need more is a batch by itself.
    """
    order = sorted(range(len(features)), key=lambda index: features[index].length)
    batches: list[list[int]] = []
    rows = 0
    for index in order:
        own = len(features[index].sequences)
        if batches and (rows + own) * features[index].length <= budget:
            batches[-1].append(index)
            rows += own
        else:
            batches.append([index])
            rows = own
    return [tuple(batch) for batch in batches]
