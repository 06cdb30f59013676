"""What the processes of a cluster found before a long run: left in the run folder by `harness.worker.doctor`."""

from pathlib import Path

from pydantic import NonNegativeFloat, NonNegativeInt

from harness.files.atomic import read_text, write_json
from harness.files.host import Host
from harness.spec.load import from_json
from harness.spec.value import value

FILE = Path(".cache") / "survey.json"


@value
class Sharing:
    """What a process met in the run folder: whether it `read` the first one's file, and the first one `found` its own.

    `problem` is what the system said where it could not be written.
    """

    read: bool
    found: bool
    problem: str | None = None


@value
class Clock:
    """Seconds by which a clock is `ahead` of the first process's, known to within half of the round trip, `doubt`."""

    ahead: float
    doubt: NonNegativeFloat


@value
class Process:
    """One process of the launch; of each node, the first one has looked at its `host` and its `clock`."""

    rank: NonNegativeInt
    host_name: str
    sharing: Sharing
    host: Host | None = None
    clock: Clock | None = None


@value
class Survey:
    """All processes of a launch, by rank."""

    processes: tuple[Process, ...]

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The nodes; two of them may have one name."""
        return tuple(process.host for process in self.processes if process.host)


def write_survey(runs: Path, survey: Survey) -> None:
    """Leave it in the run folder `runs`; raises HarnessError where it cannot be written."""
    write_json(runs / FILE, survey)


def read_survey(runs: Path) -> Survey | None:
    """What was left; None where nothing was. Raises HarnessError for a damaged file."""
    if not (runs / FILE).exists():
        return None
    found: Survey = from_json(Survey, read_text(runs / FILE, "a survey of `harness doctor`"), str(runs / FILE))
    return found
