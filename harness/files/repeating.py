"""Something done over and over beside a block of code, such as a sign of life."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from harness.spec.errors import HarnessError


@contextmanager
def repeated(act: Callable[[threading.Event], None], seconds: float) -> Iterator[None]:
    """Call `act` every so many seconds, in a thread of its own, until the block ends, which the event tells it.

    What a full disk, or a share that is away, lets one call not do is left to the next.
    """
    stop = threading.Event()

    def turns() -> None:
        while not stop.wait(seconds):
            with suppress(HarnessError, OSError):
                act(stop)

    thread = threading.Thread(target=turns, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
