"""The ledger of a conductor: its launches are counted while they hold accelerators, and a limit can end the command."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.files.atomic import write_json
from harness.files.repeating import repeated
from harness.run.conduct.held import Account, AtWork, Held, append, at_work_file, hours, settle_abandoned
from harness.run.conduct.job import Job
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

RENEWAL = 5.0  # seconds that a conductor's death may leave uncounted
LOOK = 1.0  # seconds between two looks at what has been held


class SpentError(Exception):
    """As many accelerator-hours have been held as the limit allows."""


@dataclass(frozen=True)
class Limit:
    """How many accelerator-hours all launches of a run folder may hold; `foreseen` are those of phases by id."""

    hours: float
    foreseen: Mapping[str, float]


class Ledger:
    """What the launches of one conductor hold, kept in the run folder; its `limit` is on those of all conductors."""

    def __init__(self, runs: Path, owner: str, limit: Limit | None = None) -> None:
        self._runs, self._owner, self._limit = runs, owner, limit
        self._account = Account(runs)
        self._warned = False
        self._file = at_work_file(runs, owner)
        self._running: dict[str, tuple[Held, float]] = {}  # with its beginning by the monotonic clock
        self._ended: list[Held] = []  # still to be entered, which a full disk may have prevented
        self._lock = threading.Lock()
        self._next_look = 0.0  # by the monotonic clock

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew what is at work, and that of launches whose conductor died, until the block ends."""
        with suppress(HarnessError, OSError):
            settle_abandoned(self._runs)
        with repeated(lambda ended: self._renew(), RENEWAL):
            try:
                yield
            finally:
                for launch in tuple(self._running):
                    self.end(launch)

    def begin(self, job: Job, cluster: Cluster) -> None:
        """Count `job` on its part of the cluster from now on; raises HarnessError where that cannot be written."""
        names = tuple(folder.path.name for folder in job.folders)
        row = Held(job.log.stem, self._owner, names, cluster.world_size, time.time())
        with self._lock:
            self._running[row.launch] = row, time.monotonic()
            self._enter()

    def end(self, launch: str) -> None:
        """Count a launch no further; what cannot be written now is written later."""
        with self._lock:
            if launch in self._running:
                self._ended.append(_until_now(*self._running.pop(launch)))
            with suppress(HarnessError, OSError):
                self._enter()

    def obey(self) -> None:
        """Raise SpentError once the limit is reached."""
        if self._limit is None or time.monotonic() < self._next_look:
            return
        if self._spent >= self._limit.hours:
            raise SpentError
        self._next_look = time.monotonic() + LOOK

    def warnings(self, job: Job) -> Iterator[str]:
        """A sentence, once, if `job` is foreseen to take more than is left."""
        if self._limit is None or self._warned:
            return
        foreseen = sum(self._limit.foreseen.get(folder.id, 0.0) for folder in job.folders)
        left = self._limit.hours - self._spent
        if foreseen > left:
            self._warned = True
            yield (
                f"the next launch is planned to take {foreseen:.3g} accelerator-hours, and {left:.3g} of "
                f"{self._limit.hours:g} are left: it will be asked to end before"
            )

    @property
    def _spent(self) -> float:
        """Accelerator-hours held so far by all."""
        with self._lock:
            own = {row.launch: row for row in self._rows()}
        return hours((*(row for row in self._account.held() if row.launch not in own), *own.values()))

    def _renew(self) -> None:
        with self._lock:
            self._enter()
        settle_abandoned(self._runs)

    def _rows(self) -> tuple[Held, ...]:
        return (*(_until_now(*each) for each in self._running.values()), *self._ended)

    def _enter(self) -> None:
        """Write what is at work, and what has ended; of the latter, what has been written twice counts once."""
        if self._ended:
            append(self._runs, self._ended)
            self._ended.clear()
        if self._running:
            write_json(self._file, AtWork(self._rows()))
        else:
            self._file.unlink(missing_ok=True)


def _until_now(row: Held, began: float) -> Held:
    return replace(row, seconds=time.monotonic() - began)
