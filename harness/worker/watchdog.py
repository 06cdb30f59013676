"""The watchdog of a process: tells the others that it lives, and ends the launch, naming who hangs, where one does."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from harness.worker.beats import Beat, Messages, sentence
from harness.worker.doing import Doing

SHARE = 0.7  # of the collective timeout: all is told before the collective itself gives up, which names nobody
PERIODS = 40  # looks within that time
SHORTEST, LONGEST = 0.2, 5.0  # seconds between two looks
COLLECTIVES = (
    str(Path("torch", "distributed")),
    str(Path("deepspeed", "comm")),
    str(Path("worker", "session.py")),  # with NCCL one waits for the result, not in the call
)
FRAMES = 8  # innermost frames in which a collective is looked for
LOST = 1  # the exit code: the launch is lost, and is tried again


class Watchdog:
    """Watches the processes of one launch; each has one."""

    def __init__(self, doing: Doing, rank: int, world_size: int, timeout: float) -> None:
        self._doing, self._rank, self._world = doing, rank, world_size
        self._limit = SHARE * timeout
        self._period = min(max(self._limit / PERIODS, SHORTEST), LONGEST)
        self._thread_id = threading.get_ident()
        self._stop = threading.Event()
        self._number = 0
        self._waiting = (0, time.monotonic())  # at which count the process waits, and since when
        self._messages = Messages(rank, world_size, self._period)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Watch until the block ends."""
        for task in (self._watch, partial(self._messages.exchange, self._stop)):
            threading.Thread(target=task, daemon=True).start()
        try:
            yield
        finally:
            self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(self._period):
            mine = self._beat()
            self._messages.mine = mine
            stands = self._doing.steady and mine.seconds > self._limit
            if self._waited(mine) > self._limit or stands:
                self._end(mine)

    def _beat(self) -> Beat:
        self._number += 1
        doing = self._doing
        seconds = time.monotonic() - doing.since
        return Beat(self._number, doing.count, doing.what, self._waits(), seconds, socket.gethostname(), os.getpid())

    def _waited(self, mine: Beat) -> float:
        """Seconds for which every look has found it waiting.

        What it did itself before does not count: reading, converting and writing may take any time.
        """
        now = time.monotonic()
        if not mine.waits or self._waiting[0] != mine.count:
            self._waiting = (mine.count, now)
        return now - self._waiting[1]

    def _waits(self) -> bool:
        """Whether the main thread is in a collective, waiting for others."""
        frame = sys._current_frames().get(self._thread_id)
        for _ in range(FRAMES):
            if frame is None:
                return False
            if any(part in frame.f_code.co_filename for part in COLLECTIVES):
                return True
            frame = frame.f_back
        return False

    def _end(self, mine: Beat) -> None:
        """Say who hangs, end it where it is on this host, and end this process, unless it has gone on meanwhile."""
        time.sleep(2 * self._period)  # whoever lives has told more by then
        if self._doing.count != mine.count or (mine.waits and not self._waits()):
            return
        first, hanging = self._messages.hanging()
        if first:
            print(f"harness: lost: {sentence(hanging, mine)}", file=sys.stderr, flush=True)
        for beat in hanging.values():
            if beat.host == mine.host and beat.pid != mine.pid:
                with suppress(ProcessLookupError):
                    os.kill(beat.pid, signal.SIGKILL)
        time.sleep(self._period)  # so that the sentence is the first thing that is said
        os._exit(LOST)
