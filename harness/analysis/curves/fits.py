"""Fits of forms to the lines of a study against no trend, compared by AICc, with bands over seeds and languages.

Each form is fitted by least squares to the means over seeds (`scipy.optimize.curve_fit`). AICc counts the gains of each
seed less the mean of that seed, since a seed's baseline moves its whole line: n = A S - S + 1 values for A amounts and
S seeds, k = parameters + 1, AICc = n ln(RSS / n) + 2 k + 2 k (k + 1) / (n - k - 1) (Hurvich and Tsai 1989). Bands come
from the covariance of the means over seeds and over languages, each language one cluster over its tasks, carried to the
fitted gain by the derivatives of the form (a sandwich). Both hold what a seed does to a language, so that their sum
errs on the wide side. Degrees of freedom are Satterthwaite's, of seeds - 1 and languages - 1.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.special import stdtrit

from harness.analysis.curves.estimates import CONFIDENCE
from harness.analysis.curves.forms import FLAT, FORMS, Array, Form
from harness.analysis.curves.lines import Line, Profile, lines
from harness.analysis.points.gains import Gain
from harness.analysis.values import Missing, Value

LEAST_RSS = 1e-8  # square points a value: what scores that agree exactly would take the logarithm of
CLOSE = 2.0  # of AICc, within which forms explain about as much (Burnham and Anderson 2002)
STARTS = 15


@dataclass(frozen=True)
class Fitted:
    """One form on one line: `values` of its parameters, and `aicc`, missing where values are too few to compare."""

    form: Form
    values: Array
    aicc: Value
    profile: Profile

    def at(self, x: Array) -> Array:
        """The fitted gain in points at the compute `x` (N,)."""
        return self.form.at(x, self.profile.x, self.values)

    def band(self, x: Array) -> tuple[Array, Array] | None:
        """The 95 % interval of the fitted gain at each `x`; None where neither seeds nor languages are several."""
        carried = self.form.slopes(x, self.profile.x, self.values) @ self._solver
        found = self._interval(carried)
        return None if found is None else (self.at(x) - found, self.at(x) + found)

    def interval(self, parameter: str) -> tuple[float, float] | None:
        """The 95 % interval of one parameter; None as for `band`."""
        index = self.form.names.index(parameter)
        margin = self._interval(self._solver[index : index + 1])
        value = float(self.values[index])
        return None if margin is None else (value - float(margin[0]), value + float(margin[0]))

    @property
    def _solver(self) -> Array:
        """What the parameters (P, A) are of the means, near the fit: the pseudo-inverse of the derivatives."""
        return np.asarray(np.linalg.pinv(self.form.slopes(self.profile.x, self.profile.x, self.values)), np.float64)

    def _interval(self, carried: Array) -> Array | None:
        """Half of the interval (N,) of `carried` (N, A) times the means."""
        counted = (
            (self.profile.over_seeds, len(self.profile.seeds) - 1),
            (self.profile.over_languages, len(self.profile.languages) - 1),
        )
        varying = [
            (np.einsum("na,ab,nb->n", carried, found, carried), freedom) for found, freedom in counted if freedom
        ]
        whole = sum((found for found, _ in varying), np.zeros(len(carried)))
        if not varying or not whole.max() > LEAST_RSS:
            return None
        squares = sum((found**2 / freedom for found, freedom in varying), np.zeros(len(carried)))
        freedom = whole**2 / np.maximum(squares, np.finfo(float).tiny)
        return np.asarray(stdtrit(np.maximum(freedom, 1.0), (1 + CONFIDENCE) / 2) * np.sqrt(whole))


@dataclass(frozen=True)
class Fit:
    """The forms on one line; missing where it has too few amounts for a form, or no numbers."""

    line: Line
    forms: Mapping[str, Fitted | Missing]

    @property
    def best(self) -> Fitted | Missing:
        """The form with the least AICc of those that have one."""
        known = [found for found in self.forms.values() if isinstance(found, Fitted)]
        compared = {found.form.name: found.aicc for found in known if not isinstance(found.aicc, Missing)}
        if len(compared) < 2:
            return self._why
        return next(found for found in known if found.form.name == min(compared, key=compared.__getitem__))

    @property
    def trend(self) -> Fitted | None:
        """The best form where it explains clearly more than no trend."""
        best = self.best
        if isinstance(best, Missing) or best.form.name == FLAT:
            return None
        gained = self.beyond(best.form.name)
        return None if isinstance(gained, Missing) or gained > -CLOSE else best

    def beyond(self, name: str) -> Value:
        """How much lower the AICc of no trend is than that of another form; missing where either is."""
        found, flat = self.forms[name], self.forms[FLAT]
        if isinstance(found, Missing):
            return found
        if isinstance(flat, Missing) or isinstance(flat.aicc, Missing) or isinstance(found.aicc, Missing):
            return self._why if isinstance(self._why, Missing) else Missing("too few values")
        return found.aicc - flat.aicc

    @property
    def verdict(self) -> str:
        """One plain phrase: which form, and whether no trend explains about as much."""
        best = self.best
        if isinstance(best, Missing):
            return f"not compared: {best.reason}"
        if best.form.name == FLAT:
            return FLAT
        return best.form.name if self.trend else f"{best.form.name}, but no trend explains about as much"

    @property
    def _why(self) -> Missing:
        gaps = [found for found in self.forms.values() if isinstance(found, Missing)]
        if len(gaps) == len(self.forms):
            return gaps[0]
        known = [found.aicc for found in self.forms.values() if isinstance(found, Fitted)]
        return next((aicc for aicc in known if isinstance(aicc, Missing)), gaps[0] if gaps else Missing("one form"))


def fits(gains: Sequence[Gain]) -> tuple[Fit, ...]:
    """The forms on every line of a study."""
    return tuple(Fit(line, {name: fitted(form, line.profile) for name, form in FORMS.items()}) for line in lines(gains))


def fitted(form: Form, profile: Profile | Missing) -> Fitted | Missing:
    """One form on the numbers of a line."""
    if isinstance(profile, Missing):
        return profile
    amounts = len(set(profile.x.tolist()))
    if profile.x.min() <= 0:
        return Missing("an amount of nothing has no logarithm")
    if amounts < form.least:
        return Missing(f"{amounts} of the {form.least} amounts that it takes")
    values = _least_squares(form, profile)
    if isinstance(values, Missing):
        return values
    return Fitted(form, values, _aicc(form, profile, values), profile)


def _least_squares(form: Form, profile: Profile) -> Array | Missing:
    """The parameters that come nearest to the means; a bent form starts from the best of a grid of shapes."""
    x, mean = profile.x, profile.mean
    if form.shapes is None:
        design = form.slopes(x, x, np.zeros(len(form.names)))
        return np.asarray(np.linalg.lstsq(design, mean, rcond=None)[0])
    least, most = form.shapes(x)
    starts = [_given(form, profile, shape) for shape in np.geomspace(least, most, STARTS)[1:-1]]
    start = min(starts, key=lambda values: float(np.sum((form.at(x, x, values) - mean) ** 2)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # of its covariance, which is not used
            values, _ = curve_fit(
                lambda at, *values: form.at(at, x, np.array(values)),
                x,
                mean,
                p0=start,
                bounds=([-np.inf, -np.inf, least], [np.inf, np.inf, most]),
                jac=lambda at, *values: form.slopes(at, x, np.array(values)),
            )
    except RuntimeError:
        return Missing("the fit does not settle")
    return np.asarray(values)


def _given(form: Form, profile: Profile, shape: float) -> Array:
    """The best parameters of a bent form of one shape."""
    design = form.slopes(profile.x, profile.x, np.array([0.0, 0.0, shape]))[:, :2]
    return np.append(np.linalg.lstsq(design, profile.mean, rcond=None)[0], shape)


def _aicc(form: Form, profile: Profile, values: Array) -> Value:
    seeds, amounts = len(profile.seeds), len(profile.x)
    n, k = amounts * seeds - seeds + 1, len(form.names) + 1
    if n - k - 1 < 1:
        return Missing(f"{amounts} amounts of {seeds} {'seed' if seeds == 1 else 'seeds'} are too few to compare forms")
    expected = form.at(profile.x, profile.x, values) - profile.mean.mean()
    away = [own - own.mean() - expected for own in profile.seeds.values()]
    rss = max(float(np.sum(np.square(away))), LEAST_RSS * n)
    return n * math.log(rss / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
