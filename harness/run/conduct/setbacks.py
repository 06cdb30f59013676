"""What befell phases while a command runs them, and which of them it tries again: pure but for the clock."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from harness.plan.places.placement import cut
from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Evaluate, Train, origin
from harness.spec.record import Cause, Failure

TRIES = {"lost": 5, "diverged": 2}  # in a row without a step more, the first counted; others are tried once
WAITS = (0.0, 5.0, 30.0, 120.0)  # seconds before each further try: what is lost with a node may take a while to return
PAUSES = (5.0, 30.0, 120.0, 600.0)  # seconds before the next launch where none gets as far as a phase
STALLED = 15  # such launches in a row: two hours with the pauses between them


@dataclass
class _Setback:
    step: int
    tries: dict[Cause, int]
    not_before: float = 0.0  # by the monotonic clock


@dataclass
class Setbacks:
    """Setbacks of phases by id; `most` is by kind what memory may still hold: examples of a batch, or its tokens.

    So many launches in a row were `stalled`: they ended before a phase began, which is no phase's fault.
    """

    known: dict[str, _Setback] = field(default_factory=dict)
    most: dict[object, int] = field(default_factory=dict)
    stalled: int = 0
    _resumes: float = 0.0  # by the monotonic clock

    def again(self, phase: AnyPhase, failure: Failure, placement: Placement | None, step: int) -> str | None:
        """How `phase`, which has a checkpoint of `step`, is tried again after `failure`; None if it is not."""
        if failure.cause == "memory":
            return self._with_less_memory(phase, placement)
        limit = TRIES.get(failure.cause, 1)
        known = self.known.setdefault(identity(phase), _Setback(step, {}))
        if step > known.step:  # only steps that it never had before are progress, whatever befell it in turn
            known.step, known.tries = step, {}
        tries = known.tries[failure.cause] = known.tries.get(failure.cause, 0) + 1
        if tries >= limit:
            return None
        wait = WAITS[min(tries, len(WAITS)) - 1]
        known.not_before = time.monotonic() + wait
        place = f"goes on from step {step}" if step else "starts again"
        return f"it {place}{f' in {wait:.0f} s' if wait else ''} (try {tries + 1} of {limit})"

    def stall(self, failure: Failure) -> str:
        """How it goes on after a launch that ended so before a phase began; raises HarnessError if it does not."""
        self.stalled += 1
        if self.stalled >= STALLED:
            raise HarnessError(
                f"{STALLED} launches in a row ended before a phase began, the last one so: {failure.reason}; "
                "`harness doctor` may tell why, then the same command goes on"
            )
        pause = PAUSES[min(self.stalled, len(PAUSES)) - 1]
        self._resumes = time.monotonic() + pause
        return f"no phase had begun, so nothing is launched for {pause:.0f} s"

    @property
    def paused(self) -> bool:
        """Whether nothing is to be launched yet."""
        return time.monotonic() < self._resumes

    def fitted(self, phase: AnyPhase, placement: Placement) -> Placement:
        """`placement` with batches as small as its kind needs, where memory ran out."""
        most = self.most.get(_kind(phase))
        return _cut(phase, placement, most) if most else placement

    def waiting(self) -> Iterator[str]:
        """Ids of the phases that are not to be tried yet."""
        now = time.monotonic()
        yield from (key for key, setback in self.known.items() if setback.not_before > now)

    def _with_less_memory(self, phase: AnyPhase, placement: Placement | None) -> str | None:
        """Halve its batches, and those of its kind."""
        kind = _kind(phase)
        if placement is None or kind is None:
            return None
        half = _half(phase, placement)
        if half is None:  # what others of its kind may hold is not known by that
            return None
        self.most[kind] = min(half, self.most.get(kind, half))
        less = _cut(phase, placement, self.most[kind])
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


def _half(phase: AnyPhase, placement: Placement) -> int | None:
    """Half of its batches, at least an example; None where they are no more than that."""
    match phase:
        case Evaluate():
            size, least = placement.token_budget, phase.window.max_length
        case _:
            size, least = placement.micro_batch, 1
    return max(least, size // 2) if size > least else None


def _cut(phase: AnyPhase, placement: Placement, most: int) -> Placement:
    """The same global batch in micro-batches of at most `most`, or an evaluation's batches of as many tokens."""
    if isinstance(phase, Evaluate):
        return replace(placement, token_budget=min(most, placement.token_budget))
    share = placement.micro_batch * placement.accumulation
    return cut(placement, max(size for size in range(1, min(most, placement.micro_batch) + 1) if share % size == 0))
