"""A number or the reason why there is none: what every aggregate of the analysis is made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Missing:
    """No value, and why; whatever is made of it is missing too."""

    reason: str


Value = float | Missing


def mean(values: Mapping[str, Value]) -> Value:
    """The unweighted mean of named values; missing, naming each gap, when one of them is.

    Raises ValueError for no values at all: the caller knows whether that aggregate exists.
    """
    if not values:
        raise ValueError("a mean of nothing")
    gaps: dict[str, list[str]] = {}
    for name, value in values.items():
        if isinstance(value, Missing):
            gaps.setdefault(value.reason, []).append(name)
    if gaps:
        return Missing("; ".join(f"{', '.join(names)}: {reason}" for reason, names in gaps.items()))
    return sum(present(values.values())) / len(values)


def mean_of_repeats(values: Sequence[Value]) -> Value:
    """The mean of repeats of one quantity; missing, with the distinct reasons, when one of them is."""
    reasons = dict.fromkeys(value.reason for value in values if isinstance(value, Missing))
    return Missing("; ".join(reasons)) if reasons else sum(present(values)) / len(values)


def difference(value: Value, reference: Value, reference_name: str) -> Value:
    """`value` minus `reference`; missing when either is."""
    if isinstance(value, Missing):
        return value
    if isinstance(reference, Missing):
        return Missing(f"{reference_name}: {reference.reason}")
    return value - reference


def present(values: Iterable[Value]) -> list[float]:
    """The numbers among `values`, in their order."""
    return [value for value in values if not isinstance(value, Missing)]
