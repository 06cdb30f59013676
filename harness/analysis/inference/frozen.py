"""What of a study was planned: the analysis that was fixed before any result was there, held against today's."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.analysis.values import Missing
from harness.plan.sweeps.analysis_spec import AnalysisSpec, Family, Question
from harness.plan.sweeps.frozen import Version

Tests = Question | Family | Literal["sensitivity"]


@dataclass(frozen=True)
class Frozen:
    """The analysis that the sweep file holds now, its digest, and all that the sweep was ever run with, oldest first.

    `versions` is missing where the file that keeps them cannot be read.
    """

    spec: AnalysisSpec
    digest: str
    versions: tuple[Version, ...] | Missing

    @property
    def fixed(self) -> Version | None:
        """When today's analysis was first fixed; None if it never was."""
        if isinstance(self.versions, Missing):
            return None
        return next((version for version in self.versions if version.digest == self.digest), None)

    @property
    def planned(self) -> bool:
        """Whether it was fixed before anything but baselines was evaluated, so that no gain can have led to it."""
        return self.fixed is not None and self.fixed.evaluations_done == 0

    def sentences(self) -> Iterator[str]:
        """When it was fixed, and what was changed when; one sentence each."""
        if isinstance(self.versions, Missing):
            yield f"When the analysis was fixed is not known: {self.versions.reason}; all that follows was explored."
            return
        if self.fixed is None:
            yield f"The analysis ({self.digest[:12]}) was never fixed by `harness run`; all that follows was explored."
        else:
            yield f"The analysis ({self.digest[:12]}) was fixed on {self.fixed.time[:10]}, {_when(self.fixed)}."
        for version in self.versions[1:]:
            yield f"It was changed on {version.time[:10]} ({version.digest[:12]}), {_when(version)}."


def is_planned(frozen: Frozen | None, tests: Tests) -> bool:
    """Whether a question or a family of tests was planned; without an `analysis` block nothing is."""
    if frozen is None or not frozen.planned:
        return False
    return tests == frozen.spec.question or tests in frozen.spec.secondary


def _when(version: Version) -> str:
    if not version.evaluations_done:
        return "before anything but baselines was evaluated: planned"
    done = f"after {version.phases_done} of {version.phases} phases were finished"
    told = f"{version.evaluations_done} evaluations of other points than baselines among them"
    return f"{done}, {told}: explored, not planned"
