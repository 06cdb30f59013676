"""Data of a phase in the global order that no placement can change."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from harness.plan.costs.draws import distinct
from harness.plan.costs.mixing import steps_of_tasks
from harness.spec.errors import HarnessError
from harness.spec.recipe import Recipe
from harness.worker.coder import Coder
from harness.worker.format import Feature, Format, Ints
from harness.worker.library import Encoded


@dataclass(frozen=True)
class GlobalBatch:
    """The features of one optimiser step, all of one task, and their weight in the loss.

    `drawn` is how many were drawn before some of them were put into groups; `filler` is the shortest of those, to be
    run with weight 0 by a process without work.
    """

    task: str
    features: tuple[Feature, ...]
    weight: int
    drawn: int
    filler: Feature


def check_gold(sets: Sequence[Encoded]) -> None:
    """Raise HarnessError, naming the example, for a set that cannot be trained on since its gold is hidden."""
    for encoded in sets:
        if encoded.hidden is not None:
            raise HarnessError(
                f"task '{encoded.data.task}', split {encoded.data.split}: the gold of example '{encoded.hidden}' is "
                "hidden, so it cannot be trained on; name a split with labels"
            )


def unheld_labels(sets: Sequence[Encoded]) -> tuple[str, ...]:
    """A sentence for each set with labels that no feature holds: no label is lost in silence."""
    lost = [(s, s.format.unheld(s.features)) for s in sets if s.format.unheld]
    return tuple(
        f"task '{encoded.data.task}': {len(examples):,} answers lie in no window and count as unanswerable; "
        "a longer window or a shorter stride would hold them"
        for encoded, examples in lost
        if examples
    )


def unique_examples(sets: Sequence[Encoded], recipe: Recipe, drawn: Mapping[str, int]) -> int:
    """How many different examples of `sets` were trained on, with so many of each task drawn."""
    sizes: Counter[str] = Counter()
    for encoded in sets:
        sizes[encoded.data.task] += len(encoded.features)
    return sum(distinct(recipe, sizes[task], count) for task, count in drawn.items())


def global_batches(
    sets: Sequence[Encoded], recipe: Recipe, coder: Coder, first: int = 0, end: int | None = None
) -> Iterator[GlobalBatch]:
    """Global batches number `first` to `end`, or without end: a function of (seed, task, pass, example) alone.

    `plan.mixing` says how many batches of each task an epoch holds; their order is drawn for the epoch. A task with
    more than one pass goes on with its next pass, one with fewer goes on in the next epoch where it stopped.
    """
    sizes = [len(encoded.features) for encoded in sets]
    turns = np.repeat(np.arange(len(sets)), steps_of_tasks(recipe, [s.data.name for s in sets], sizes))
    streams = [_passes(encoded, recipe) for encoded in sets]
    for chosen in itertools.islice(_mixed(turns, streams, recipe.seed), first, end):
        yield _batch(chosen, recipe, coder)


class _Chosen(NamedTuple):
    """The examples of a batch before they are read: what lies before a checkpoint is not read again."""

    encoded: Encoded
    epoch: int
    examples: Ints


def _mixed(turns: Ints, streams: Sequence[Iterator[_Chosen]], seed: int) -> Iterator[_Chosen]:
    for epoch in itertools.count():
        for turn in _random(seed, "mixture", epoch).permutation(turns):
            yield next(streams[turn])


def _passes(encoded: Encoded, recipe: Recipe) -> Iterator[_Chosen]:
    for number in itertools.count():
        yield from _epoch(encoded, recipe, number)


def _epoch(encoded: Encoded, recipe: Recipe, epoch: int) -> Iterator[_Chosen]:
    size = recipe.batch_size
    random = _random(recipe.seed, encoded.data.name, epoch)
    order = random.permutation(len(encoded.features))[: recipe.examples_cap]
    lengths = encoded.features.lengths
    pool = size * recipe.length_window
    pools = [order[begin : begin + pool] for begin in range(0, len(order), pool)]
    by_length = [part[np.argsort(lengths[part], kind="stable")] for part in pools]
    batches = [part[begin : begin + size] for part in by_length for begin in range(0, len(part), size)]
    for index in random.permutation(len(batches)):
        yield _Chosen(encoded, epoch, batches[index])


def _batch(chosen: _Chosen, recipe: Recipe, coder: Coder) -> GlobalBatch:
    encoded, epoch, examples = chosen
    drawn = tuple(_varied(encoded, recipe, epoch, int(example), coder) for example in examples)
    features = grouped(encoded.format, drawn, recipe.negatives)
    weight = sum(encoded.format.weight(feature) for feature in features)
    filler = min(drawn, key=lambda feature: feature.length)
    return GlobalBatch(encoded.data.task, features, weight, len(drawn), filler)


def grouped(format_: Format, drawn: tuple[Feature, ...], size: int | None) -> tuple[Feature, ...]:
    """What of a global batch meets in one softmax, `size` or all of it, as one feature each."""
    if format_.group is None:
        return drawn
    size = size or len(drawn)
    return tuple(format_.group(drawn[begin : begin + size]) for begin in range(0, len(drawn), size))


def _varied(encoded: Encoded, recipe: Recipe, epoch: int, index: int, coder: Coder) -> Feature:
    feature = encoded.features[index]
    if encoded.format.vary is None:
        return feature
    return encoded.format.vary(feature, _random(recipe.seed, encoded.data.name, epoch, index), recipe.mask, coder)


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
