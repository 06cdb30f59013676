"""Notice that a launch is to end: the signals of schedulers and launchers, and how a process obeys them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
REQUEUE = 75  # EX_TEMPFAIL of sysexits.h: the same command goes on from here


class Interrupted(BaseException):
    """The launch was asked to end; what can be kept of its phase is kept."""


class Notice:
    """Whether this process has been asked to end."""

    def __init__(self) -> None:
        self.given = False
        self._at_step = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Notice the signals until the block ends: Interrupted is raised at once, except in `at_step`."""
        before = {name: signal.signal(name, self._note) for name in SIGNALS}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    @contextmanager
    def at_step(self) -> Iterator[None]:
        """Only note them until the block ends: whoever steps looks at `given` after each step."""
        self._at_step = True
        try:
            yield
        finally:
            self._at_step = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self.given = self.given, True
        if not self._at_step and not again:  # a second signal must not interrupt what is being put in order
            raise Interrupted(f"asked to end by {signal.Signals(number).name}")
