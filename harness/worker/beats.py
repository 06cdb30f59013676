"""What processes of a launch say of themselves through its store, and who hangs by that."""

import json
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta

import torch.distributed as dist


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


ANSWER = 6  # periods within which the store must have been asked twice
APART = 1.5  # periods between the two, in which whoever lives says more
UNHEARD = Beat(0, -1, "the beginning of the launch", False, 0.0, "a host not known", 0)


class Messages:
    """The store as one process sees it; whatever asks it is a thread of its own, for it hangs with its host.

    The first process hosts it, as long as torchrun does not share its own. `mine` is what this process says.
    """

    def __init__(self, rank: int, world_size: int, period: float) -> None:
        self.mine = UNHEARD
        self._rank, self._world, self._period = rank, world_size, period
        self._host = UNHEARD  # the first process, as last heard of
        self._wanted = threading.Event()
        self._looks: list[dict[int, Beat]] = []
        self._first = True
        self._next_look = 0.0  # by the monotonic clock
        # A connection of its own: the main thread may wait on the one it has.
        self._store = dist.distributed_c10d._get_default_store().clone()  # type: ignore[attr-defined]
        self._store.set_timeout(timedelta(seconds=4 * period))

    def exchange(self, stop: threading.Event) -> None:
        """Say what this process does, and hear what others do, until `stop`."""
        while not stop.wait(self._period):
            with suppress(dist.DistError, RuntimeError):  # the store is gone with its host
                self._store.set(_key(self._rank), json.dumps(asdict(self.mine)))
                self._host = self._read(0)
                if self._wanted.is_set() and time.monotonic() >= self._next_look:
                    self._look()

    def hanging(self) -> tuple[bool, dict[int, Beat]]:
        """Whether this process is the first to ask, and which processes hang, by rank; asked once.

        Where the store does not answer, it is the process that hosts it.
        """
        self._wanted.set()
        deadline = time.monotonic() + ANSWER * self._period
        while len(self._looks) < 2 and time.monotonic() < deadline:
            time.sleep(self._period / 4)
        if len(self._looks) < 2:
            return True, {0: self._host}
        before, after = self._looks[:2]
        return self._first, hung(before, after, self._rank)

    def _look(self) -> None:
        if not self._looks:
            mine = str(self._rank)
            self._first = self._store.compare_set("harness/accused", "", mine) == mine.encode()
        self._next_look = time.monotonic() + APART * self._period
        self._looks.append({rank: self._read(rank) for rank in range(self._world)})

    def _read(self, rank: int) -> Beat:
        key = _key(rank)
        return Beat(**json.loads(self._store.get(key))) if self._store.check([key]) else UNHEARD


def _key(rank: int) -> str:
    return f"harness/beat/{rank}"


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
