"""What a set of known lengths costs: the prices of a sequence of each length and of a position that a head reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from harness.files.lengths import Histogram
from harness.plan.network.flops import Batch, Head, Pass, batch_cost
from harness.spec.model import Architecture
from harness.spec.record import Cost


@dataclass(frozen=True)
class Priced:
    """A network on its way through the sequences of one task, whose head is `head`; `idle` are its other heads."""

    architecture: Architecture
    head: Head | None
    idle: tuple[Head, ...]
    through: Pass

    def real(self, sequences: Histogram, positions: int) -> Cost:
        """`model`, `six_nd` and real tokens of all sequences, whose head reads so many positions."""
        each = [(count, _sequence(self, tokens)) for tokens, count in sequences]
        return Cost(
            model=sum(count * cost.model for count, cost in each) + positions * self.position,
            six_nd=sum(count * cost.six_nd for count, cost in each),
            real_tokens=sum(count * cost.real_tokens for count, cost in each),
        )

    @property
    def position(self) -> int:
        """Model FLOPs of a position that the head reads."""
        return _position(self).model

    def executed(self, padded: Histogram, positions: int, batches: int) -> Cost:
        """`hardware` and padded tokens of sequences padded to these lengths, in so many micro-batches."""
        each = [(count, _sequence(self, tokens)) for tokens, count in padded]
        encoded = sum(count * cost.hardware for count, cost in each)
        return Cost(
            hardware=encoded + positions * _position(self).hardware + batches * _idle(self),
            padded_tokens=sum(count * cost.padded_tokens for count, cost in each),
        )


@cache
def _sequence(of: Priced, tokens: int) -> Cost:
    """One sequence of so many tokens, no position of it read."""
    return _cost(of, tokens, positions=0)


@cache
def _position(of: Priced) -> Cost:
    """One position that the head reads, more than none."""
    none, one = _cost(of, 1, positions=0), _cost(of, 1, positions=1)
    return Cost(model=one.model - none.model, hardware=one.hardware - none.hardware)


@cache
def _idle(of: Priced) -> int:
    """Hardware FLOPs of the other heads in a micro-batch: each runs at one position."""
    idle = {f"idle {number}": head for number, head in enumerate(of.idle)}
    return _cost(of, 1, 0, idle).hardware - _cost(of, 1, 0).hardware


def _cost(of: Priced, tokens: int, positions: int, idle: Mapping[str, Head] | None = None) -> Cost:
    heads = {"": of.head} if of.head else {}
    batch = Batch(1, (tokens,), tokens, "" if of.head else None, positions, positions)
    return batch_cost(of.architecture, {**heads, **(idle or {})}, batch, of.through)
