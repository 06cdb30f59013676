"""How work is asked to stop: by a signal, or by a request in the run folder; either way it stops in good order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from harness.files.atomic import write_text
from harness.files.lease import Lease, acquire, heartbeat, read_lease, release

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded() -> tuple[signal.Signals, ...]:
    """SIGNALS, but for that of a closed terminal where `nohup` has it ignored."""
    return tuple(name for name in SIGNALS if name != signal.SIGHUP or signal.getsignal(name) != signal.SIG_IGN)


class Stopped(BaseException):
    """The work was asked to stop; `exit_code` is what a shell expects of a command ended by that signal."""

    def __init__(self, reason: str, number: signal.Signals) -> None:
        super().__init__(reason)
        self.exit_code = 128 + number


class Conductor:
    """A command that works on a run folder, as others see it there."""

    def __init__(self, runs: Path, owner: str) -> None:
        self.owner = owner
        self.lease_file = runs / "conductors" / f"{owner}.json"

    @property
    def _request(self) -> Path:
        return self.lease_file.with_suffix(".stop")

    @property
    def lease(self) -> Lease | None:
        """Who it is; None when it has gone."""
        return read_lease(self.lease_file)

    def ask_to_stop(self) -> None:
        """Leave a request that it stops."""
        write_text(self._request, "")

    def obey(self) -> None:
        """Raise Stopped if it has been asked to."""
        if self._request.exists():
            raise Stopped("cancelled", signal.SIGTERM)

    @contextmanager
    def registered(self) -> Iterator[None]:
        """Be seen in the run folder until the block ends."""
        acquire(self.lease_file, self.owner)
        try:
            with heartbeat([self.lease_file], self.owner):
                yield
        finally:
            release(self.lease_file, self.owner)
            self._request.unlink(missing_ok=True)

    @property
    def files(self) -> tuple[Path, ...]:
        """What it left in the run folder."""
        return tuple(path for path in (self.lease_file, self._request) if path.exists())


def conductors(runs: Path) -> tuple[Conductor, ...]:
    """Every conductor registered in the run folder, the live and those that were killed."""
    return tuple(Conductor(runs, path.stem) for path in sorted((runs / "conductors").glob("*.json")))


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first of SIGNALS into Stopped; later ones are ignored, since what follows is putting things in order."""

    def stop(number: int, frame: FrameType | None) -> None:
        for name in previous:
            signal.signal(name, signal.SIG_IGN)
        raise Stopped("interrupted", signal.Signals(number))

    previous = {name: signal.signal(name, stop) for name in heeded()}
    try:
        yield
    finally:
        for name, handler in previous.items():
            signal.signal(name, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold the first of SIGNALS back until the block ends; for what is short and must not be left half done."""
    held: list[int] = []
    previous = {name: signal.signal(name, lambda number, frame: held.append(number)) for name in heeded()}
    try:
        yield
    finally:
        for name, handler in previous.items():
            signal.signal(name, handler)
        if held:
            signal.raise_signal(held[0])
