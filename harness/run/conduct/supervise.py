"""A command that is started again when something kills it, such as a kernel that ran out of memory."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from harness.run.child import ending
from harness.run.stop import heeded

OFTEN, WITHIN = 5, 60.0  # so many deaths within so many seconds are no accident


def supervised(command: Sequence[str]) -> int:
    """The exit code of `command`, once it ends by itself; when a signal has killed it, it is started again."""
    deaths: deque[float] = deque(maxlen=OFTEN)
    with _passing_on() as watched:
        while True:
            status = watched.run(command)
            if status >= 0 or watched.asked:
                return status if status >= 0 else 128 - status
            deaths.append(time.monotonic())
            if len(deaths) == OFTEN and deaths[-1] - deaths[0] < WITHIN:
                print(f"harness: error: the command {ending(status)} {OFTEN} times within a minute", file=sys.stderr)
                return 128 - status
            again = f"harness: the command {ending(status)}; it is started again, and goes on"
            print(again, file=sys.stderr, flush=True)


@dataclass
class _Watched:
    """A command that is run again and again, and the signals that came for it."""

    asked: list[int] = field(default_factory=list)
    child: "subprocess.Popen[bytes] | None" = None

    def run(self, command: Sequence[str]) -> int:
        """Its exit status, negative where a signal ended it."""
        self.child = subprocess.Popen(command)
        for number in self.asked:  # while there was none to pass them on to
            self.child.send_signal(number)
        return self.child.wait()

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        self.asked.append(number)
        if self.child and (number != signal.SIGINT or not os.isatty(0)):  # a terminal sends it to both
            self.child.send_signal(number)


@contextmanager
def _passing_on() -> Iterator[_Watched]:
    """Pass signals on to what runs until the block ends."""
    watched = _Watched()
    before = {number: signal.signal(number, watched.pass_on) for number in heeded()}
    try:
        yield watched
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
