"""The watchdog of a process: tells the others that it lives, and ends the launch, naming who hangs, where one does."""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch.distributed as dist

from harness.worker.doing import Doing

SHARE = 0.8  # of the collective timeout: all is told before the collective itself gives up, which names nobody
PERIODS = 40  # looks within that time
SHORTEST, LONGEST = 0.2, 5.0  # seconds between two looks
COLLECTIVES = (
    str(Path("torch", "distributed")),
    str(Path("deepspeed", "comm")),
    str(Path("worker", "session.py")),  # with NCCL one waits for the result, not in the call
)
FRAMES = 8  # innermost frames in which a collective is looked for
LOST = 1  # the exit code: the launch is lost, and is tried again


@dataclass(frozen=True)
class Beat:
    """What a process says of itself: `number` grows while it lives, `count` while its work goes on."""

    number: int
    count: int
    what: str
    waits: bool
    seconds: float
    host: str
    pid: int


UNHEARD = Beat(0, -1, "the beginning of the launch", False, 0.0, "a host not known", 0)


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
        # A connection of its own: the main thread may wait on the one it has.
        self._store = dist.distributed_c10d._get_default_store().clone()  # type: ignore[attr-defined]
        self._store.set_timeout(timedelta(seconds=4 * self._period))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Watch until the block ends."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(self._period):
            mine = self._beat()
            with suppress(dist.DistError, RuntimeError):  # the store is gone with its process, or hangs with it
                self._store.set(f"harness/beat/{self._rank}", json.dumps(asdict(mine)))
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
        try:
            first = self._store.compare_set("harness/accused", "", str(self._rank)) == str(self._rank).encode()
            before = self._beats()
            time.sleep(2 * self._period)
            hanging = hung(before, self._beats(), self._rank)
        except (dist.DistError, RuntimeError):
            first, hanging = True, {}
        if first:
            print(f"harness: lost: {sentence(hanging, mine)}", file=sys.stderr, flush=True)
        for beat in hanging.values():
            if beat.host == mine.host and beat.pid != mine.pid:
                with suppress(ProcessLookupError):
                    os.kill(beat.pid, signal.SIGKILL)
        time.sleep(self._period)  # so that the sentence is the first thing that is said
        os._exit(LOST)

    def _beats(self) -> dict[int, Beat]:
        keys = {rank: f"harness/beat/{rank}" for rank in range(self._world)}
        return {
            rank: _read(self._store.get(key)) if self._store.check([key]) else UNHEARD for rank, key in keys.items()
        }


def hung(before: dict[int, Beat], after: dict[int, Beat], me: int) -> dict[int, Beat]:
    """Which processes hold all others up, by rank.

    Those that do not live; else those that wait for nobody and have come least far; else those that have come least
    far of all. Empty where all have come equally far and wait: then it is the network.
    """
    stopped = {rank: beat for rank, beat in after.items() if rank != me and beat.number == before[rank].number}
    if stopped:
        return stopped
    busy = {rank: beat for rank, beat in after.items() if not beat.waits} or after
    least = min(beat.count for beat in busy.values())
    found = {rank: beat for rank, beat in busy.items() if beat.count == least}
    return {} if len(found) == len(after) > 1 else found


def sentence(hanging: dict[int, Beat], mine: Beat) -> str:
    """Who hangs, since when and where."""
    if not hanging:
        return f"all processes wait for each other since {mine.seconds:.0f} s in {mine.what}: a link that hangs?"
    who = "; ".join(
        f"rank {rank} (process {beat.pid} on {beat.host}) hangs, last heard of in {beat.what}"
        for rank, beat in sorted(hanging.items())
    )
    return f"{who}; this process is since {mine.seconds:.0f} s in {mine.what}"


def _read(said: Any) -> Beat:
    return Beat(**json.loads(said))
