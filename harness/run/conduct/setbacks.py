"""What befell phases while a command runs them, and which of them it tries again: pure but for the clock."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from harness.plan.places.placement import cut
from harness.spec.cluster import Placement
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Evaluate, Train, origin
from harness.spec.record import Cause, Failure

TRIES = {"lost": 5, "diverged": 2}  # in a row without a step more, the first counted; others are tried once
WAITS = (0.0, 5.0, 30.0, 120.0)  # seconds before each further try: what is lost with a node may take a while to return


@dataclass
class _Setback:
    cause: Cause
    step: int
    tries: int
    not_before: float  # by the monotonic clock


@dataclass
class Setbacks:
    """Setbacks of phases by id; `most` is by kind what memory may still hold: examples of a batch, or its tokens."""

    known: dict[str, _Setback] = field(default_factory=dict)
    most: dict[object, int] = field(default_factory=dict)

    def again(self, phase: AnyPhase, failure: Failure, placement: Placement | None, step: int) -> str | None:
        """How `phase`, which has a checkpoint of `step`, is tried again after `failure`; None if it is not."""
        if failure.cause == "memory":
            return self._with_less_memory(phase, placement)
        limit = TRIES.get(failure.cause, 1)
        before = self.known.get(identity(phase))
        counts = before is not None and before.cause == failure.cause and before.step == step
        tries = before.tries + 1 if before and counts else 1
        wait = WAITS[min(tries, len(WAITS)) - 1]
        self.known[identity(phase)] = _Setback(failure.cause, step, tries, time.monotonic() + wait)
        if tries >= limit:
            return None
        place = f"goes on from step {step}" if step else "starts again"
        return f"it {place}{f' in {wait:.0f} s' if wait else ''} (try {tries + 1} of {limit})"

    def fitted(self, phase: AnyPhase, placement: Placement) -> Placement:
        """`placement` with batches as small as its kind needs, where memory ran out."""
        most = self.most.get(_kind(phase))
        return (_cut(phase, placement, most) if most else None) or placement

    def waiting(self) -> Iterator[str]:
        """Ids of the phases that are not to be tried yet."""
        now = time.monotonic()
        yield from (key for key, setback in self.known.items() if setback.not_before > now)

    def _with_less_memory(self, phase: AnyPhase, placement: Placement | None) -> str | None:
        """Halve its batches, and those of its kind."""
        kind = _kind(phase)
        if placement is None or kind is None:
            return None
        half = (placement.micro_batch if isinstance(phase, Train) else placement.token_budget) // 2
        self.most[kind] = min(half, self.most.get(kind, half))
        less = _cut(phase, placement, self.most[kind])
        if less is None:
            return None
        if isinstance(phase, Train):
            return f"its micro-batch becomes {less.micro_batch}, accumulated {less.accumulation} times"
        return f"its batches become {less.token_budget:,} tokens"


def _kind(phase: AnyPhase) -> object:
    """What takes memory alike."""
    match phase:
        case Train():
            return Train, origin(phase), phase.recipe.lora, phase.recipe.precision, phase.recipe.window
        case Evaluate():
            return Evaluate, origin(phase), phase.precision, phase.window
    return None


def _cut(phase: AnyPhase, placement: Placement, most: int) -> Placement | None:
    """The same global batch in micro-batches of `most`, or an evaluation's batches; None where none could be made."""
    match phase:
        case Train():
            share = placement.micro_batch * placement.accumulation
            fitting = [size for size in range(1, min(most, placement.micro_batch) + 1) if share % size == 0]
            return cut(placement, fitting[-1]) if fitting else None
        case Evaluate() if most >= phase.window.max_length:
            return replace(placement, token_budget=min(most, placement.token_budget))
    return None
