"""The axes of a study as columns: only those along which its points differ."""

from collections.abc import Callable, Sequence

from harness.analysis.table import Row
from harness.plan.sweeps.study import Coordinates

Axis = tuple[str, Callable[[Coordinates], object]]

ALWAYS = ("intermediate",)


def axes(unit: str, points: Sequence[Coordinates]) -> tuple[Axis, ...]:
    """The axes that tell `points` apart, by name; `unit` names the duration axis."""
    known: tuple[Axis, ...] = (
        ("model", lambda at: at.model),
        ("intermediate", lambda at: at.intermediate),
        ("control", lambda at: at.control or ""),
        (unit, lambda at: at.amount),
        ("batch", lambda at: at.batch_size),
        ("lr", lambda at: at.learning_rate),
        ("pretrain seed", lambda at: at.pretrain_seed),
        ("stage seed", lambda at: at.intermediate_seed),
        ("target seed", lambda at: at.target_seed),
    )
    return tuple(axis for axis in known if axis[0] in ALWAYS or _differs(axis, points))


def texts(axes: Sequence[Axis], at: Coordinates) -> Row:
    """Where `at` lies on `axes`, empty where an axis does not apply."""
    return tuple(_text(value(at)) for _, value in axes)


def _differs(axis: Axis, points: Sequence[Coordinates]) -> bool:
    """None is no value: an axis does not apply there, as the duration does not to a baseline."""
    return len({axis[1](at) for at in points} - {None}) > 1


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
