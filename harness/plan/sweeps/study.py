"""A sweep expanded: its points, each with its coordinates and the evaluations that fill it."""

from harness.plan.sweeps.chain import NO_INTERMEDIATE
from harness.plan.sweeps.split_file import SplitFile
from harness.plan.sweeps.sweep import Control, Sweep, Unit
from harness.spec.phase import Evaluate
from harness.spec.value import value


@value
class Coordinates:
    """Where a point lies in the study; None where an axis does not apply (the baseline has no duration)."""

    model: str
    intermediate: str
    pretrain_seed: int
    target_seed: int
    intermediate_seed: int | None = None
    unit: Unit | None = None
    amount: float | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    control: Control | None = None

    @property
    def on_axes(self) -> bool:
        """Whether there was intermediate training, to which the axes apply."""
        return self.intermediate != NO_INTERMEDIATE

    @property
    def is_baseline(self) -> bool:
        """Whether other points are compared with this one: nothing in between, and no control."""
        return not self.on_axes and self.control is None

    @property
    def baseline(self) -> "Coordinates":
        """The coordinates of the point that this one is compared with: same model, same seeds, nothing in between."""
        return Coordinates(self.model, NO_INTERMEDIATE, self.pretrain_seed, self.target_seed)

    @property
    def label(self) -> str:
        """One readable line, unlike any other point's; seeds of pretraining, intermediate and target training."""
        parts = [self.model, self.intermediate]
        if self.unit is not None:
            parts += [f"{self.amount:g} {self.unit}", f"batch {self.batch_size}"]
        if self.learning_rate is not None:
            parts.append(f"learning rate {self.learning_rate:g}")
        if self.control is not None:
            parts.append(self.control)
        seeds = [seed for seed in (self.pretrain_seed, self.intermediate_seed, self.target_seed) if seed is not None]
        return " · ".join([*parts, f"seeds {'/'.join(map(str, seeds))}"])


@value
class PlannedPoint:
    """One row of the study before it is run; `same_source` names targets trained on an intermediate task's data.

    `checks` are evaluations of its targets, by their names, on English dev rows: by them it is seen whether a run has
    collapsed. They are no scores of the study, and nothing is selected by them.
    """

    at: Coordinates
    leaves: tuple[Evaluate, ...]
    same_source: tuple[str, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    checks: tuple[tuple[str, Evaluate], ...] = ()

    @property
    def evaluations(self) -> tuple[Evaluate, ...]:
        """The leaves, then the checks of them."""
        return (*self.leaves, *(check for _, check in self.checks))


@value
class Study:
    """A sweep and everything that it asks for; `absent` in a point gives targets that it cannot have, with reasons.

    `split_file` is what the user's own file says, where the sweep splits languages by it.
    """

    sweep: Sweep
    points: tuple[PlannedPoint, ...]
    split_file: SplitFile | None = None

    @property
    def leaves(self) -> tuple[Evaluate, ...]:
        """The evaluations on all targets, in the order of `evaluations`; repeated ones are equal values."""
        return tuple(leaf for point in self._ordered for leaf in point.leaves)

    @property
    def evaluations(self) -> tuple[Evaluate, ...]:
        """All that is evaluated, checks too, as it is worth having when a run is cut short.

        Of each model and pretraining seed, in the order of the sweep, the baselines come first, without which no gain
        can be read, then the other points, then the controls.
        """
        return tuple(evaluation for point in self._ordered for evaluation in point.evaluations)

    @property
    def _ordered(self) -> list[PlannedPoint]:
        starts = list(dict.fromkeys(_start(point) for point in self.points))
        worth = {start: place for place, start in enumerate(starts)}
        return sorted(self.points, key=lambda point: (worth[_start(point)], _turn(point.at)))


def _start(point: PlannedPoint) -> tuple[str, int]:
    return point.at.model, point.at.pretrain_seed


def _turn(at: Coordinates) -> int:
    return 0 if at.is_baseline else 1 if at.control is None else 2
