"""Forms of a curve: how gain may depend on compute, each with its derivatives by parameter.

C is compute (FLOPs or steps) and C0 the geometric mean of what was spent. In points: no trend, a; log-linear,
a + b log10(C / C0); saturating exponential, a + b (1 - exp(-C / c)); power law, a - b (C / C0)^-p, which tends to a as
laws of loss against compute do (Hestness et al. 2017; Kaplan et al. 2020). The last two have one parameter that the
gain is not linear in, which is bounded: c between a fifth of the least C and five times the greatest, p between 0.05,
next to log-linear, and 3, next to a step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Basis = Callable[[Array, Array, float], Array]  # compute, what was spent, the bent parameter: what `b` multiplies

FLAT = "no trend"


@dataclass(frozen=True)
class Form:
    """A form a + b basis(C; shape): `names` of its parameters; `shapes` the bounds of the last where it is bent."""

    name: str
    names: tuple[str, ...]
    basis: Basis | None = None
    shapes: Callable[[Array], tuple[float, float]] | None = None

    @property
    def least(self) -> int:
        """How many amounts it takes to fit it: one more than its parameters where it bends, else as many."""
        return len(self.names) + (self.shapes is not None)

    def at(self, x: Array, spent: Array, values: Array) -> Array:
        """The gain (N,) at the compute `x` (N,) for parameters `values`, where `spent` (A,) was fitted."""
        if self.basis is None:
            return np.full(len(x), values[0])
        return np.asarray(values[0] + values[1] * self.basis(x, spent, values[-1]))

    def slopes(self, x: Array, spent: Array, values: Array) -> Array:
        """The derivatives (N, P) of `at` by each parameter."""
        columns = [np.ones(len(x))]
        if self.basis is not None:
            columns.append(self.basis(x, spent, values[-1]))
        if self.shapes is not None:
            step = 1e-5 * abs(values[-1])
            near = [self.basis(x, spent, values[-1] + move) for move in (step, -step)]  # type: ignore[misc]
            columns.append(values[1] * (near[0] - near[1]) / (2 * step))
        return np.stack(columns, axis=1)


def middle(spent: Array) -> float:
    """The geometric mean of what was spent, C0."""
    return float(np.exp(np.mean(np.log(spent))))


def _log(x: Array, spent: Array, _: float) -> Array:
    return np.asarray(np.log10(x / middle(spent)))


def _saturating(x: Array, spent: Array, scale: float) -> Array:
    return np.asarray(1 - np.exp(-x / (scale * middle(spent))))


def _power(x: Array, spent: Array, exponent: float) -> Array:
    return np.asarray(-((x / middle(spent)) ** -exponent))


def _scales(spent: Array) -> tuple[float, float]:
    """In units of C0, so that the parameter is near 1 whatever the compute."""
    return float(spent.min() / middle(spent) / 5), float(spent.max() / middle(spent) * 5)


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form(FLAT, ("a",)),
        Form("log-linear", ("a", "b"), _log),
        Form("saturating", ("a", "b", "c"), _saturating, _scales),
        Form("power law", ("a", "b", "p"), _power, lambda spent: (0.05, 3.0)),
    )
}
