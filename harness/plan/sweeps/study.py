"""A sweep expanded: its points, each with its coordinates and the evaluations that fill it."""

from harness.plan.sweeps.chain import NO_INTERMEDIATE
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
    """One row of the study before it is run; `same_source` names targets trained on an intermediate task's data."""

    at: Coordinates
    leaves: tuple[Evaluate, ...]
    same_source: tuple[str, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()


@value
class Study:
    """A sweep and everything that it asks for; `absent` in a point gives targets that it cannot have, with reasons."""

    sweep: Sweep
    points: tuple[PlannedPoint, ...]

    @property
    def leaves(self) -> tuple[Evaluate, ...]:
        """All evaluations, as they are worth having when a run is cut short; repeated ones are equal values.

        Of each model and pretraining seed, in the order of the sweep, the baselines come first, without which no gain
        can be read, then the other points, then the controls.
        """
        starts = list(dict.fromkeys(_start(point) for point in self.points))
        worth = {start: place for place, start in enumerate(starts)}
        ordered = sorted(self.points, key=lambda point: (worth[_start(point)], _turn(point.at)))
        return tuple(leaf for point in ordered for leaf in point.leaves)


def _start(point: PlannedPoint) -> tuple[str, int]:
    return point.at.model, point.at.pretrain_seed


def _turn(at: Coordinates) -> int:
    return 0 if at.is_baseline else 1 if at.control is None else 2
