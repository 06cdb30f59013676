"""`harness logs`: what phases do and did, from their journals or as their launches printed it, once or followed."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from harness.files.growing import Growing
from harness.files.layout import PhaseFolder, folders
from harness.files.lease import read_lease
from harness.plan.dag import plan
from harness.run.conduct.held import at_work, held
from harness.run.naming import named
from harness.run.stop import conductors
from harness.run.store import State, states
from harness.run.story import Story
from harness.run.watch import Tail
from harness.spec.errors import HarnessError
from harness.spec.identity import identity

POLL = 0.5  # seconds between two looks at what is followed
SETTLED = 3.0  # seconds after which what has ended counts as ended, though a command may launch it again
PATIENCE = 10.0  # seconds after which a line comes, whatever a phase does
RECENT = 10  # lines of a phase's past that are shown where nobody asked for it by name


class Telling(Protocol):
    """What is told of one phase."""

    def new(self) -> Iterator[str]:
        """The lines since the last call."""


def logs(runs: Path, name: str | None, follow: bool, raw: bool) -> Iterator[str]:
    """The lines about the phase called `name`, or about all that are at work; with `follow`, until they have ended.

    `raw` are the lines that launches printed. Raises HarnessError for a name that means no phase or several, or for
    a phase of which no launch is known.
    """
    if name is None:
        tellings = _Launches(runs) if raw else _Phases(runs)
        return _followed(tellings.new, lambda: not tellings.working) if follow else _or_nothing(tellings.new())
    folder = named(runs, name)
    telling = _Printed(runs, folder) if raw else _Journal(runs, folder)
    return _followed(telling.new, _Ending(runs, folder)) if follow else telling.new()


class _Journal:
    """A phase's journal, and where it stands, as often as that changes."""

    def __init__(self, runs: Path, folder: PhaseFolder) -> None:
        self._runs, self._folder = runs, folder
        self._events = Tail(folder.journal_file)
        self._story = Story()
        self._stood = ""

    def new(self) -> Iterator[str]:
        state = _state(self._runs, self._folder)  # looked at first: what it ended with is in the journal then
        for event in self._events.new():
            yield from self._story.lines(event)
        if state.status != "running" or self._story.patience != PATIENCE:
            yield from self._story.rest()
        stands = f"{state.status}: {state.reason}"
        if stands != self._stood:
            yield stands
        self._stood = stands
        self._story.patience = PATIENCE  # what is new from now on is waited for


class _Log:
    """What is new in a log, as text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = Growing(path)

    def new(self) -> Iterator[str]:
        yield from self._file.new().decode(errors="replace").splitlines()


class _Printed:
    """What the latest launch of a phase printed, then those that follow it."""

    def __init__(self, runs: Path, folder: PhaseFolder) -> None:
        """Raise HarnessError where no launch of it is known, and none can come."""
        self._runs, self._folder = runs, folder
        self._log: _Log | None = None
        if self._latest is None and not _conducted(runs):
            raise HarnessError(
                f"{folder.path.name}: no command has launched it here; without --raw its journal is shown"
            )

    def new(self) -> Iterator[str]:
        latest = self._latest
        if self._log is not None:
            yield from self._log.new()
        if latest is not None and (self._log is None or latest != self._log.path):
            self._log = _Log(latest)
            yield f"==> {latest} <=="
            yield from self._log.new()

    @property
    def _latest(self) -> Path | None:
        own = [each for each in held(self._runs) if self._folder.path.name in each.phases]
        last = max(own, key=lambda each: each.began, default=None)
        return _log_of(self._runs, last.launch) if last else None


class _Phases:
    """Every phase at work, each line with its phase before it."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._known: dict[Path, tuple[str, Telling]] = {}

    @property
    def working(self) -> bool:
        return _conducted(self._runs) or any(self._begun())

    def new(self) -> Iterator[str]:
        for folder in self._begun():
            if folder.path not in self._known:
                self._known[folder.path] = f"{folder.slug} {folder.id[:4]}  ", _Journal(self._runs, folder)
                yield from _recent(*self._known[folder.path])
        for path, (name, telling) in tuple(self._known.items()):
            if PhaseFolder(path).done:  # nothing more will come, once it is read for the last time
                del self._known[path]
            yield from (name + line for line in telling.new())

    def _begun(self) -> Iterator[PhaseFolder]:
        for folder in folders(self._runs):
            lease = read_lease(folder.lease_file)
            if lease and lease.live and folder.journal_file.exists():
                yield folder


class _Launches:
    """What every launch at work prints, each line with its launch before it."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._known: dict[str, Telling] = {}

    @property
    def working(self) -> bool:
        return _conducted(self._runs) or bool(at_work(self._runs))

    def new(self) -> Iterator[str]:
        for launch in at_work(self._runs):
            if launch.launch not in self._known:
                self._known[launch.launch] = _Log(_log_of(self._runs, launch.launch))
                yield from _recent(f"{launch.launch}  ", self._known[launch.launch])
        for name, telling in self._known.items():
            yield from (f"{name}  {line}" for line in telling.new())


class _Ending:
    """Whether a phase has ended, and no command is about to launch it again."""

    def __init__(self, runs: Path, folder: PhaseFolder) -> None:
        self._runs, self._folder = runs, folder
        self._failed: float | None = None  # since when, by the monotonic clock

    def __call__(self) -> bool:
        status, conducted = _state(self._runs, self._folder).status, _conducted(self._runs)
        if status != "failed":
            self._failed = None
            return status == "done" or (status != "running" and not conducted)
        self._failed = self._failed or time.monotonic()
        return not conducted or time.monotonic() - self._failed >= SETTLED


def _recent(name: str, telling: Telling) -> Iterator[str]:
    yield from (name + line for line in deque(telling.new(), RECENT))


def _or_nothing(lines: Iterator[str]) -> Iterator[str]:
    first = next(lines, None)
    yield "nothing is at work; give the id or the slug of a phase to read what it left" if first is None else first
    yield from lines


def _followed(new: Callable[[], Iterator[str]], ended: Callable[[], bool]) -> Iterator[str]:
    """New lines as they come; whether all has ended is asked before the last reading, so that nothing is missed."""
    last = False
    while not last:
        last = ended()
        yield from new()
        if not last:
            time.sleep(POLL)


def _log_of(runs: Path, launch: str) -> Path:
    return runs / "logs" / f"{Path(launch).name}.log"


def _state(runs: Path, folder: PhaseFolder) -> State:
    phase = folder.phase()
    if identity(phase) != folder.id:
        raise HarnessError(f"{folder.path}: is of another version of the harness, which gave the phase another id")
    return states(runs, plan((phase,)))[folder.id]


def _conducted(runs: Path) -> bool:
    return any(each.lease and each.lease.live for each in conductors(runs))
