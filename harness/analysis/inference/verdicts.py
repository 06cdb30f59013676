"""What follows from the contrasts: Holm's correction of families of tests, and the verdict."""

from collections.abc import Sequence

from statsmodels.stats.multitest import multipletests

from harness.analysis.inference.results import ALPHA, Contrast, Tested, Verdict
from harness.analysis.inference.sensitivity import Tried
from harness.analysis.values import Missing


def corrected(tried: Sequence[Tried]) -> tuple[Tested, ...]:
    """The family `tried` with Holm's adjusted p; what is missing is not counted.

    Of several analyses of which the most different one is shown, that one's p is first multiplied by their number.
    """
    had = [each for each in tried if isinstance(each.finding, Contrast)]
    given = [min(1.0, each.of * each.finding.p) for each in had if isinstance(each.finding, Contrast)]
    adjusted = multipletests(given, method="holm")[1] if given else []
    by_name = {each.name: float(p) for each, p in zip(had, adjusted, strict=True)}
    return tuple(Tested(each.name, each.finding, adjusted=by_name.get(each.name)) for each in tried)


def excluding(tested: Sequence[Tested], alpha: float = ALPHA) -> list[Tested]:
    """Those that exclude zero after the correction."""
    return [each for each in tested if each.adjusted is not None and each.adjusted < alpha]


def verdict(
    primary: Contrast | Missing, sensitivity: Sequence[Tested], alpha: float = ALPHA
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict, and the names of the sensitivity analyses that do not bear the primary contrast out.

    `alpha` is the level that intervals were made at.
    A contrast that excludes zero must do so, with the same sign, in each analysis that could be had. One that does not
    must do so in none, after Holm's correction over them.
    """
    if isinstance(primary, Missing):
        return "missing", ()
    if primary.is_noise:
        against = tuple(each.name for each in excluding(sensitivity, alpha))
        return ("depends on scale or task" if against else "not told apart"), against
    against = tuple(each.name for each in sensitivity if not _bears_out(primary, each.finding))
    if against:
        return "depends on scale or task", against
    return ("low gains more" if primary.estimate > 0 else "high gains more"), ()


def _bears_out(primary: Contrast, finding: Contrast | Missing) -> bool:
    if isinstance(finding, Missing):
        return True
    return not finding.is_noise and (finding.estimate > 0) == (primary.estimate > 0)
