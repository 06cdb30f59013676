"""A command that is started again when something kills it, such as a kernel that ran out of memory."""

import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from harness.run.child import ending

OFTEN, WITHIN = 5, 60.0  # so many deaths within so many seconds are no accident
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def supervised(command: Sequence[str]) -> int:
    """The exit code of `command`, once it ends by itself; when a signal has killed it, it is started again."""
    deaths: deque[float] = deque(maxlen=OFTEN)
    while True:
        child = subprocess.Popen(command)
        with _passing_on(child) as asked:
            status = child.wait()
        if status >= 0 or asked:
            return status if status >= 0 else 128 - status
        deaths.append(time.monotonic())
        if len(deaths) == OFTEN and deaths[-1] - deaths[0] < WITHIN:
            print(f"harness: error: the command {ending(status)} {OFTEN} times within a minute", file=sys.stderr)
            return 128 - status
        print(f"harness: the command {ending(status)}; it is started again, and goes on", file=sys.stderr, flush=True)


@contextmanager
def _passing_on(child: "subprocess.Popen[bytes]") -> Iterator[list[int]]:
    """Pass signals on to `child` until the block ends; gives those that came."""
    asked: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if number != signal.SIGINT or not sys.stdin.isatty():  # a terminal sends it to both
            child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
