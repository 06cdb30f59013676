"""Leases: who runs a phase right now, kept alive by a heartbeat, taken over only when it has stopped."""

import dataclasses
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from harness.files import processes
from harness.files.atomic import read_text, write_text
from harness.files.repeating import repeated
from harness.spec.errors import HarnessError
from harness.spec.load import dump, from_json
from harness.spec.value import value

TIME_TO_LIVE = 60.0  # seconds for which a lease must be seen unchanged before it counts as stale
HEARTBEAT = 5.0
LONGEST_GAP = 20.0  # seconds between two looks beyond which nothing is known of the time between
SIZE = 512  # bytes, so that a renewal overwrites what is there already: a full disk does not end a lease

Lost = Callable[[str], None]


@value
class Lease:
    """Who runs a phase: the launch that owns it, and the process that keeps it alive.

    `processes` names the table of processes that `pid` belongs to; None where it cannot be told. `process_started` is
    in clock ticks since the boot, which no setting of a clock moves. `grant` is drawn when the lease is taken, and
    `renewed` (nanoseconds since the epoch, by the holder's own clock) only says that it changes: clocks of hosts are
    never compared.
    """

    owner: str
    host: str
    pid: int
    processes: str | None
    process_started: int
    grant: str
    renewed: int

    @property
    def live(self) -> bool:
        """Whether the holder still works: beside it its process is asked, elsewhere its heartbeat is watched.

        From elsewhere a lease counts as live until this process has seen it unchanged for TIME_TO_LIVE.
        """
        if self.near:
            started = processes.started(self.pid)
            if started is not None or not processes.hidden(self.pid):
                return started == self.process_started
        return self._unchanged() < TIME_TO_LIVE

    @property
    def near(self) -> bool:
        """Whether its process id means here what it means there, so that the process can be asked or ended."""
        return self.host == socket.gethostname() and self.processes is not None and self.processes == processes.table()

    @property
    def doubt(self) -> str:
        """A remark for who looks only once, where the holder on another host seems to have gone; else nothing."""
        age = time.time() - self.renewed / 1e9
        if self.near or age < TIME_TO_LIVE:
            return ""
        return (
            f"its last sign of life is {age:.0f} s old, if the clocks agree; what nothing runs any more, `harness run` "
            f"takes over when it has watched it for {TIME_TO_LIVE:.0f} s"
        )

    @property
    def mine(self) -> bool:
        """Whether it is this process that took it."""
        return self.grant in _taken

    def _unchanged(self) -> float:
        """Seconds for which this process has looked at it regularly and seen no change."""
        now = time.monotonic()
        seen = _sights.get(self.grant)
        # After a pause of this process or of the file system both of them share, the holder comes first.
        fresh = seen is None or seen.renewed != self.renewed or now - seen.looked > LONGEST_GAP
        since = now if fresh or seen is None else seen.since
        _sights[self.grant] = _Sight(self.renewed, since, now)
        return now - since


class _Sight(NamedTuple):
    """What was seen of a lease: its `renewed`, since when, and at the latest look; by the monotonic clock."""

    renewed: int
    since: float
    looked: float


_sights: dict[str, _Sight] = {}  # by the grants of leases that were looked at from elsewhere
_taken: set[str] = set()  # the grants that this process drew


def read_lease(path: Path) -> Lease | None:
    """The lease at `path`, or None where there is none or it is damaged."""
    try:
        return from_json(Lease, read_text(path, "a lease"), str(path))  # type: ignore[no-any-return]
    except HarnessError:
        return None


def acquire(path: Path, owner: str) -> bool:
    """Take the lease at `path` for `owner` and this process; False when another owner holds it and is alive."""
    held = read_lease(path)
    if held and held.owner == owner:
        write_text(path, _text(_granted(owner)))
        return True
    if path.exists() and ((held and held.live) or not _set_aside(path, held)):
        return False
    return _create(path, owner)


def release(path: Path, owner: str) -> None:
    """Give the lease at `path` back if `owner` holds it."""
    held = read_lease(path)
    if held and held.owner == owner:
        path.unlink(missing_ok=True)


def confirm(path: Path, owner: str, lost: Lost) -> None:
    """Call `lost` with a sentence unless this process holds the lease at `path`; one that went astray is taken again.

    Asked before what must not be written over another's work: also over that of a later launch of the same owner, which
    took this process for dead.
    """
    held = read_lease(path)
    if held and held.owner == owner and held.mine:
        return
    if held is None:
        path.unlink(missing_ok=True)  # what is damaged tells nothing, and keeps nobody out
        if _create(path, owner):
            return
        held = read_lease(path)
    by = f"{held.owner} (process {held.pid} on {held.host})" if held else "another command"
    lost(f"{path}: the lease was taken over by {by}, which does this work now; here it ends, and nothing was written")


@contextmanager
def heartbeat(paths: Iterable[Path], owner: str, lost: Lost | None = None) -> Iterator[None]:
    """Renew the leases that `owner` holds by this process, or by one that has died, until the block ends.

    With `lost` this process is the one at work: it is called, in a thread of its own, with a sentence as soon as a
    lease is another owner's, which happens where this process stood still for longer than TIME_TO_LIVE.
    """
    paths = tuple(paths)

    def beat(ended: threading.Event) -> None:
        for path in paths:
            with suppress(HarnessError, OSError):  # a lease that cannot be renewed now does not keep others from it
                _renew(path, owner)
                if lost and not ended.is_set():
                    confirm(path, owner, lost)

    with repeated(beat, HEARTBEAT):
        yield


def _renew(path: Path, owner: str) -> None:
    """Renew what this process holds for `owner`, take what a dead process held for it, leave all else alone."""
    held = read_lease(path)
    if held is None or held.owner != owner:
        return
    if held.mine:
        _overwrite(path, held)
    elif not held.live:
        write_text(path, _text(_granted(owner)))


def _overwrite(path: Path, held: Lease) -> None:
    """Renew `held` within its own file: what a contender may have put there in this moment is not replaced.

    Only the digits of `renewed` differ, so that nobody can read anything but a whole lease.
    """
    handle = os.open(path, os.O_RDWR)
    try:
        there = os.pread(handle, 2 * SIZE, 0)
        if there.rstrip() == _text(held).encode().rstrip():
            os.pwrite(handle, _text(dataclasses.replace(held, renewed=time.time_ns())).encode(), 0)
    finally:
        os.close(handle)  # no fsync: after a crash of this host nobody holds it


def _text(lease: Lease) -> str:
    return json.dumps(dump(lease)).ljust(SIZE - 1) + "\n"


def _granted(owner: str) -> Lease:
    """A new lease of this process."""
    pid, grant = os.getpid(), uuid4().hex
    _taken.add(grant)
    return Lease(
        owner, socket.gethostname(), pid, processes.table(), processes.started(pid) or 0, grant, time.time_ns()
    )


def _create(path: Path, owner: str) -> bool:
    """Put a whole lease in place, or nothing: linking fails when another contender was first."""
    draft = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    write_text(draft, _text(_granted(owner)))
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _set_aside(path: Path, stale: Lease | None) -> bool:
    """Remove the stale lease at `path`, and no other: a contender may have replaced it in the meantime."""
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        path.rename(aside)
        if read_lease(aside) != stale:
            os.link(aside, path)
            return False
    except (FileNotFoundError, FileExistsError):
        return False
    finally:
        aside.unlink(missing_ok=True)
    return True
