"""How far clocks of nodes differ: asked through the process group, corrected by half the round trip (Cristian 1989)."""

import time
from collections.abc import Callable, Sequence

import torch

from harness.files.survey import Clock
from harness.worker.session import Session

TRIES = 8  # the quickest counts: its answer waited the least


def clocks(session: Session, asked: Sequence[int], now: Callable[[], float] = time.time) -> Clock | None:
    """How far this process's clock is ahead of the first one's, known on those `asked`, the first one among them.

    Every process must come here. Cristian's "Probabilistic clock synchronization" takes an answer for one of the middle
    of its round trip, so that it is wrong by half of that at most.
    """
    found = None
    for rank in asked:
        tries = [_asked(session, rank, now) for _ in range(TRIES)]
        if session.rank == rank:
            found = min(tries, key=lambda clock: clock.doubt)
    return found


def _asked(session: Session, rank: int, now: Callable[[], float]) -> Clock:
    """What the process `rank` finds of its clock; elsewhere nothing of meaning.

    It tells something to all, and then the first one tells its time: which it read after it had been told.
    """
    began = now()
    _told(session, rank, now)
    first = _told(session, 0, now)
    ended = now()
    return Clock((began + ended) / 2 - first, max(0.0, ended - began) / 2)


def _told(session: Session, rank: int, now: Callable[[], float]) -> float:
    """The time of the process `rank`, when it was asked."""
    told = torch.tensor(now(), dtype=torch.float64, device=session.device)
    return float(session.shared(told, rank))
