"""Which phases have told something since they were last written to MLflow: their files are looked at, not read."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.files.layout import PhaseFolder, folder_of
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Train

Look = tuple[int, bool, bool]


class Following:
    """Remembers how training phases below `runs` looked when they were last written."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._written: dict[str, Look] = {}

    def changed(self, phases: Iterable[AnyPhase]) -> dict[Train, Look]:
        """Those of `phases` that look otherwise than when they were written, and how they look now."""
        looks = {phase: _look(folder_of(self._runs, phase)) for phase in phases if isinstance(phase, Train)}
        return {phase: look for phase, look in looks.items() if look != self._written.get(identity(phase), NOTHING)}

    def written(self, looks: Mapping[Train, Look]) -> None:
        """Remember that phases were written as they looked before."""
        self._written |= {identity(phase): look for phase, look in looks.items()}


NOTHING: Look = (0, False, False)


def _look(folder: PhaseFolder) -> Look:
    """Bytes of the journal, and whether there are a record and a failure."""
    journal = folder.journal_file
    return (journal.stat().st_size if journal.exists() else 0, folder.done, folder.failure_file.exists())
