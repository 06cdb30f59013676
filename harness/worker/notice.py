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
        self._noted = self._raised = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Notice the signals until the block ends: Interrupted is raised at once, except after `only_noted`."""
        before = {name: signal.signal(name, self._note) for name in SIGNALS}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    @contextmanager
    def undisguised(self) -> Iterator[None]:
        """Raise Interrupted for the error into which interrupted code that is not Python turned it.

        safetensors, asked for a tensor, made it "could not determine the shape of object type 'UntypedStorage'".
        """
        try:
            yield
        except Exception as error:
            if self._raised:
                raise Interrupted("asked to end") from error
            raise

    def only_noted(self) -> None:
        """From now on only note them: whoever steps, or has come to the end of a phase, looks at `given`."""
        self._noted = True

    def at_once(self) -> None:
        """From now on interrupt: nothing can be kept yet."""
        self._noted = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self.given = self.given, True
        if not self._noted and not again:  # a second signal must not interrupt what is being put in order
            self._raised = True
            raise Interrupted(f"asked to end by {signal.Signals(number).name}")
