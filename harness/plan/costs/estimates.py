"""What a stage or an evaluation will cost, from the lengths of its sets and the prices that it is booked at later."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.plan.costs.draws import distinct, drawn
from harness.plan.costs.duration import total_steps
from harness.plan.costs.mixing import steps_of_tasks
from harness.plan.costs.set_costs import Known, batches_of, evaluation_pass, training_pass
from harness.spec.cluster import Placement
from harness.spec.phase import Evaluate, Train
from harness.spec.record import Cost

COUNTS = ("model", "hardware", "six_nd", "real_tokens", "padded_tokens")


@dataclass(frozen=True)
class Estimate:
    """The cost of a whole phase before it is run; `unique` of its examples are different ones, None where unknown.

    An evaluation runs so many `batches`.

    Where lengths are not `measured`, every sequence counts as a full window.
    """

    cost: Cost
    measured: bool
    unique: int | None = None
    batches: int = 0


def of_training(phase: Train, sets: Sequence[Known], budget: float, placement: Placement | None) -> Estimate:
    """The estimate of a stage over `sets`; a `budget` of model FLOPs counts where no duration says the steps."""
    recipe = phase.recipe
    sizes = [known.lengths.features for known in sets]
    turns = steps_of_tasks(recipe, [known.data.name for known in sets], sizes)
    passes = [training_pass(phase, known, placement) for known in sets]
    steps = total_steps(recipe, sizes)
    if steps is None:
        mixture = [drawn(recipe, size, turn) for size, turn in zip(sizes, turns, strict=True)]
        steps = max(1, int(budget * sum(turns) // _part("model", passes, mixture, sizes)))
    examples = [drawn(recipe, size, steps, (turn, sum(turns))) for size, turn in zip(sizes, turns, strict=True)]
    counts = {name: _part(name, passes, examples, sizes) for name in COUNTS}
    return Estimate(
        cost=Cost(steps=steps, examples=sum(examples), **counts),
        measured=all(known.measured for known in sets),
        unique=sum(distinct(recipe, size, count) for size, count in zip(sizes, examples, strict=True)),
    )


def of_steps(phase: Train, sets: Sequence[Known], budget: float, placement: Placement | None) -> Estimate:
    """As `of_training` where some sets have unknown many rows: as if the dearest set had all the steps."""
    batch = phase.recipe.batch_size
    passes = ((training_pass(phase, known, placement), known.lengths.features) for known in sets)
    dearest, size = max(passes, key=lambda each: each[0].model / each[1])
    steps = total_steps(phase.recipe, ()) or max(1, int(budget * size // (dearest.model * batch)))
    counts = {name: _part(name, [dearest], [steps * batch], [size]) for name in COUNTS}
    return Estimate(Cost(steps=steps, examples=steps * batch, **counts), all(known.measured for known in sets))


def of_evaluation(phase: Evaluate, sets: Sequence[Known], placement: Placement | None) -> Estimate:
    """The estimate of an evaluation that reads `sets`."""
    first, *others = (evaluation_pass(phase, known, placement) for known in sets)
    batches = sum(batches_of(known, placement) for known in sets)
    return Estimate(sum(others, start=first), all(known.measured for known in sets), batches=batches)


def _part(name: str, passes: Sequence[Cost], examples: Sequence[int], sizes: Sequence[int]) -> int:
    """One count over so many examples of each set, which in one pass has its size."""
    each = zip(passes, examples, sizes, strict=True)
    return sum(getattr(cost, name) * count // size for cost, count, size in each)
