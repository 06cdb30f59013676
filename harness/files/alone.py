"""One command at a time: a lock that is held, or refused with a sentence."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.spec.errors import HarnessError


@contextmanager
def alone(path: Path, otherwise: str) -> Iterator[None]:
    """Hold the lock at `path` until the block ends; raises HarnessError with `otherwise` where another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HarnessError(otherwise) from error
        yield
