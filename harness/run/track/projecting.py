"""The projection beside the conductor: in a thread of its own that is not waited for, but a bounded time at the end."""

import random
import threading
import time
from collections.abc import Callable

from harness.spec.errors import HarnessError
from harness.spec.redact import redacted

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds between attempts that failed, doubling
LAST = 300.0  # seconds for the last attempt, and what may still be at work before it

Say = Callable[[str], None]


class Projecting:
    """Attempts at `publish`, one at a time; what one could not do is said and tried again by the next."""

    def __init__(self, publish: Callable[[], None], say: Say) -> None:
        self._publish, self._say = publish, say
        self._thread: threading.Thread | None = None
        self._unexpected: BaseException | None = None
        self._heard: list[str] = []
        self._failures = 0
        self._next = 0.0  # by the monotonic clock

    def begin(self) -> bool:
        """Begin an attempt and return at once; False where one is at work, or one failed just now."""
        self.tell()
        if (self._thread and self._thread.is_alive()) or time.monotonic() < self._next:
            return False
        self._thread = threading.Thread(target=self._attempt, name="projection", daemon=True)
        self._thread.start()
        return True

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
        self._next = 0.0
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

    def _join(self, deadline: float) -> None:
        if self._thread:
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _attempt(self) -> None:
        try:
            self._publish()
        except (HarnessError, OSError) as error:
            self._unexpected = None
            self._failed(str(error))
        except BaseException as error:
            self._unexpected = error
            self._failed(f"results could not be written: {type(error).__name__}: {redacted(str(error))}")
        else:
            self._unexpected, self._failures = None, 0

    def _failed(self, why: str) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._failures)
        self._failures += 1
        self._next = time.monotonic() + pause * random.uniform(0.5, 1.5)
        self._heard.append(why)
