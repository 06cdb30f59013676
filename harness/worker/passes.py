"""Forward passes over the batches of an evaluation, dealt to its processes, and what they cost."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import nn

from harness.plan.network.flops import READING
from harness.spec.example import Prediction
from harness.spec.phase import Evaluate
from harness.spec.record import Cost
from harness.worker.accounting import Accountant
from harness.worker.format import Feature
from harness.worker.work import Work, autocast


class Read(NamedTuple):
    """Features that the network reads, in batches of their indices; the language of each example of their set."""

    features: Sequence[Feature]
    batches: Sequence[tuple[int, ...]]
    languages: Sequence[str]


class Told(NamedTuple):
    """Predictions of one language by example id: the headline's, or those of a `variant` of it."""

    variant: str | None
    language: str
    predictions: dict[str, Prediction]


@dataclass(frozen=True)
class Passes:
    """The network of an evaluation at work; `total` is its number of turns, in which each process runs one batch."""

    engine: nn.Module
    phase: Evaluate
    padding: int
    work: Work
    total: int
    _done: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def over(self, read: Read) -> Iterator[tuple[tuple[int, ...], Any]]:
        """The batches of this process with what the network gives for them; a turn without one runs a filler."""
        session, batches = self.work.session, read.batches
        for turn in range(_turns(read, self.work)):
            index = turn * session.world_size + session.rank
            chosen = batches[min(index, len(batches) - 1)][: None if index < len(batches) else 1]
            batch = tuple(read.features[i] for i in chosen)
            spoken = dict.fromkeys(read.languages[feature.example] for feature in batch)
            self.work.doing(f"evaluating {self.phase.data.task} ({', '.join(spoken)})", steady=True)
            with autocast(self.phase.precision, session.device):
                found = self.engine(self.work.micro_batch(self.phase.data.task, batch, self.padding, 1.0))
            if index < len(batches):
                yield chosen, found
            self.work.tell("progress", what="evaluating", done=next(self._done), total=self.total, unit="batches")
        self.work.doing(f"putting the answers of {self.phase.data.task} together")


def turns(reads: Sequence[Read], work: Work) -> int:
    """How often every process runs the network, so that all keep in step."""
    return sum(_turns(read, work) for read in reads)


def cost(accountant: Accountant, task: str, reads: Sequence[Read], work: Work) -> Cost:
    """The cost of all batches over all processes, fillers apart."""
    total, filler = Cost(), 0
    for features, batches, _ in reads:
        for batch in batches:
            total += accountant.cost(task, [features[i] for i in batch], READING)
        idle = accountant.cost(task, [features[batches[-1][0]]], READING, weighty=False)
        filler += idle.hardware * (-len(batches) % work.session.world_size)
    return dataclasses.replace(total, filler=filler)


def _turns(read: Read, work: Work) -> int:
    return -(-len(read.batches) // work.session.world_size)
