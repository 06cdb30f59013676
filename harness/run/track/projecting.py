"""The projection beside the conductor: in a thread of its own that is not waited for, but a bounded time at the end."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import NamedTuple

from harness.spec.errors import HarnessError
from harness.spec.phase import AnyPhase
from harness.spec.redact import redacted

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds between attempts that failed, doubling
LAST = 300.0  # seconds for the last attempt, and what may still be at work before it
REST = 10  # times the processor time of an attempt passes before the next of its kind: a tenth of a core at most
LIVE = 2.0  # seconds, at least, between two looks at what grew
QUIET = 30.0  # seconds, at least, from the start, and between two writings of everything, while no launch ends

Say = Callable[[str], None]


class Projection(NamedTuple):
    """What an attempt does: write everything, or only what phases at work have told since the last time."""

    publish: Callable[[], None]
    follow: Callable[[Sequence[AnyPhase]], None]


NOWHERE = Projection(lambda: None, lambda phases: None)


class Projecting:
    """Attempts at a projection, one at a time; what one could not do is said and tried again by the next."""

    def __init__(self, projection: Projection, say: Say) -> None:
        self._projection, self._say = projection, say
        self._thread: threading.Thread | None = None
        self._unexpected: BaseException | None = None
        self._heard: list[str] = []
        self._failures = 0
        self._next = 0.0  # by the monotonic clock, as all that follow
        self._whole, self._live = _Pace(time.monotonic()), _Pace()
        self.owes = False  # whether everything is still to be written, since that failed

    def begin(self, quiet: float = 0.0) -> bool:
        """Begin to write everything and return at once.

        False where an attempt is at work or failed just now, or where the last one ended less than `quiet` seconds ago,
        or took so much that it is let rest.
        """
        return self._begin(self._projection.publish, self._whole, quiet)

    def follow(self, phases: Sequence[AnyPhase]) -> bool:
        """Begin to write what `phases` have told; as `begin`, but lightly, so that it may be often."""
        return self._begin(partial(self._projection.follow, phases), self._live, LIVE)

    def tell(self) -> None:
        """Say what attempts could not do."""
        while self._heard:
            self._say(f"warning: {self._heard.pop(0)}")

    def last(self, seconds: float = LAST) -> None:
        """One attempt after all others, waited for; after `seconds` it is left to itself, with a warning.

        Raises what no outage explains, only here: until then launches are at work that have nothing to do with it.
        """
        deadline = time.monotonic() + seconds
        self._join(deadline)
        self._next, self._whole = 0.0, _Pace()
        if self.begin():
            self._join(deadline)
        self.tell()
        if self._thread and self._thread.is_alive():
            self._say(
                f"warning: MLflow did not take the results within {seconds:.0f} s; nothing is lost, `harness sync` "
                "writes them when it answers again"
            )
        elif self._unexpected:
            raise self._unexpected

    def _begin(self, do: Callable[[], None], pace: "_Pace", quiet: float) -> bool:
        self.tell()
        if (self._thread and self._thread.is_alive()) or time.monotonic() < max(self._next, pace.next(quiet)):
            return False
        self._thread = threading.Thread(target=self._attempt, args=(do, pace), name="projection", daemon=True)
        self._thread.start()
        return True

    def _join(self, deadline: float) -> None:
        if self._thread:
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _attempt(self, do: Callable[[], None], pace: "_Pace") -> None:
        began, used = time.monotonic(), time.thread_time()
        try:
            do()
        except (HarnessError, OSError) as error:
            self._unexpected = None
            self._failed(str(error), pace)
        except BaseException as error:
            self._unexpected = error
            self._failed(f"results could not be written: {type(error).__name__}: {redacted(str(error))}", pace)
        else:
            self._unexpected, self._failures = None, 0
            self.owes = self.owes and pace is not self._whole
        pace.note(time.monotonic() - began, time.thread_time() - used)

    def _failed(self, why: str, pace: "_Pace") -> None:
        self.owes = self.owes or pace is self._whole
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._failures)
        self._failures += 1
        self._next = time.monotonic() + pause * random.uniform(0.5, 1.5)
        self._heard.append(why)


@dataclass
class _Pace:
    """When the last attempt of one kind ended, or all began, by the monotonic clock; how many seconds are let pass."""

    ended: float = -inf
    rest: float = 0.0
    warm: bool = False

    def next(self, quiet: float) -> float:
        """When there may be another."""
        return self.ended + max(quiet, self.rest)

    def note(self, seconds: float, used: float) -> None:
        """One has ended that took so long and `used` so much of a processor; the first loads MLflow and does not count.

        Its own time again is let pass, too: what is slow without use of a processor is a server at its limits.
        """
        self.ended = time.monotonic()
        self.rest = max(seconds, REST * used) if self.warm else 0.0
        self.warm = True
