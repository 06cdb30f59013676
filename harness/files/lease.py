"""Leases: who runs a phase right now, kept alive by a heartbeat, taken over only when it has stopped."""

import os
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil

from harness.files.atomic import read_text, write_json
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.value import value

TIME_TO_LIVE = 60.0  # seconds without a heartbeat after which a lease counts as stale
HEARTBEAT = 5.0
SAME_START = 2.0  # seconds by which a process's start may seem to move: it is counted from a boot time that is adjusted


@value
class Lease:
    """Who runs a phase: the launch that owns it, and the process that keeps it alive."""

    owner: str
    host: str
    pid: int
    process_started: float
    renewed: float

    @property
    def live(self) -> bool:
        """Whether the holder still works: on this host its process is asked, elsewhere the heartbeat."""
        if self.host == socket.gethostname():
            started = _started(self.pid)
            return started is not None and abs(started - self.process_started) < SAME_START
        return time.time() - self.renewed < TIME_TO_LIVE


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
        write_json(path, _mine(owner))
        return True
    if path.exists() and ((held and held.live) or not _set_aside(path, held)):
        return False
    return _create(path, owner)


def release(path: Path, owner: str) -> None:
    """Give the lease at `path` back if `owner` holds it."""
    held = read_lease(path)
    if held and held.owner == owner:
        path.unlink(missing_ok=True)


@contextmanager
def heartbeat(paths: Iterable[Path], owner: str) -> Iterator[None]:
    """Renew the leases that `owner` holds by this process, or by one that has died, until the block ends."""
    stop = threading.Event()
    paths = tuple(paths)

    def beat() -> None:
        while not stop.wait(HEARTBEAT):
            for path in paths:
                held = read_lease(path)
                if held and held.owner == owner and (held.pid == os.getpid() or not held.live):
                    with suppress(HarnessError):  # a full disk may have room again at the next beat
                        write_json(path, _mine(owner))

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _mine(owner: str) -> Lease:
    return Lease(owner, socket.gethostname(), os.getpid(), _started(os.getpid()) or 0.0, time.time())


def _started(pid: int) -> float | None:
    """When process `pid` was started, or None when it is gone; guards against a reused process id."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def _create(path: Path, owner: str) -> bool:
    """Put a whole lease in place, or nothing: linking fails when another contender was first."""
    draft = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    write_json(draft, _mine(owner))
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
