"""What a FLOP budget buys: steps, examples and how often each is read; and what it must pay at least for one step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.files.lengths import Histogram
from harness.plan.costs.set_costs import AT_FIRST, Known, price_of
from harness.spec.errors import HarnessError
from harness.spec.phase import Train


@dataclass(frozen=True)
class Bought:
    """What one stage has for its budget of model FLOPs, of which it spends `spent`.

    `unique` of its examples are different ones, None where unknown.
    """

    model: str
    stage: str
    budget: float
    batch_size: int
    spent: int
    steps: int
    examples: int
    unique: int | None

    @property
    def repeats(self) -> float | None:
        """How often an example is read on average."""
        return self.examples / self.unique if self.unique else None


def check_budget(phase: Train, sets: Sequence[Known]) -> None:
    """Raise HarnessError where the FLOP budget of `phase` cannot pay for any first step over `sets`."""
    budget = phase.recipe.duration.amount
    cheapest = min(_cheapest(phase, known) for known in sets)
    if cheapest > budget:
        enough = max(_dearest(phase, known) for known in sets)
        names = "+".join(known.data.name for known in sets)
        raise HarnessError(
            f"a budget of {budget:.3g} FLOPs is below one step: with batch size {phase.recipe.batch_size} on {names} "
            f"the cheapest takes {cheapest:.3g}; from {1.005 * enough:.3g} on it is sure to do"
        )


def _cheapest(phase: Train, known: Known) -> int:
    """Model FLOPs of the shortest examples, as many as the smallest batch of a pass has; else of single tokens."""
    if known.measured:
        return _of(phase, known, _some(known.lengths.longest, _smallest_batch(phase, known)))
    exact = known.counted and known.data.format in AT_FIRST  # a row is one example there
    return _of(phase, known, [(1, _smallest_batch(phase, known) if exact else 1)])


def _dearest(phase: Train, known: Known) -> int:
    """Model FLOPs of as many of the longest examples as a batch has, every token read, all sequences as long."""
    lengths = known.lengths
    rows = -(-sum(count for _, count in lengths.sequences) // lengths.features)
    longest = _some(tuple(reversed(lengths.longest)), phase.recipe.batch_size)
    if not known.counted:
        longest = [(tokens, phase.recipe.batch_size) for tokens, _ in longest]
    tokens = sum(tokens * count for tokens, count in longest)
    return rows * (_of(phase, known, longest) + tokens * price_of(phase, known).position)


def _smallest_batch(phase: Train, known: Known) -> int:
    size, batch = known.lengths.features, phase.recipe.batch_size
    capped = min(size, phase.recipe.examples_cap or size)
    return capped % batch or batch


def _some(histogram: Histogram, wanted: int) -> list[tuple[int, int]]:
    """The first `wanted` of what is counted."""
    found = []
    for tokens, count in histogram:
        taken = min(count, wanted)
        wanted -= taken
        found += [(tokens, taken)] if taken else []
    return found


def _of(phase: Train, known: Known, longest: Iterable[tuple[int, int]]) -> int:
    """One sequence of each of these examples, of which the head reads nothing."""
    return price_of(phase, known).real(tuple(longest), positions=0).model
