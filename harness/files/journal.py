"""The journal of a phase: append-only JSON lines, synced, with a torn last line tolerated."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.spec.errors import HarnessError

FLUSH_SECONDS = 1.0


class Journal:
    """Appends events; they are on disk after at most a second of work, and at exit."""

    def __init__(self, path: Path) -> None:
        """Open the journal at `path` for appending, closing a torn last line first."""
        self._path = path
        torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
        self._file = path.open("a", encoding="utf-8")
        if torn:
            self._file.write("\n")
        self._synced = time.monotonic()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.sync()
        self._file.close()

    def append(self, event: str, **fields: Any) -> None:
        """Add one line; raises HarnessError when the disk is full."""
        self._guarded(lambda: self._file.write(json.dumps({"event": event, "time": time.time(), **fields}) + "\n"))
        if time.monotonic() - self._synced > FLUSH_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Put everything appended so far on disk."""
        self._guarded(self._file.flush)
        self._guarded(lambda: os.fsync(self._file.fileno()))
        self._synced = time.monotonic()

    def _guarded(self, action: Any) -> None:
        try:
            action()
        except OSError as error:
            raise HarnessError(f"{self._path}: could not be written ({error.strerror})") from error


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The events of the attempt that counts: those since the latest `start`, torn lines left out.

    One that resumed has the steps before from the attempts that took them; what they took beyond is left out.
    """
    attempt: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []  # those of earlier attempts
    for event in _lines(path):
        if event.get("event") == "start":
            steps = [each for each in attempt if each.get("event") == "step"] or steps
            attempt = []
        elif event.get("event") == "resume":
            attempt = [*(each for each in steps if each["step"] < event["step"]), *attempt]
        attempt.append(event)
    yield from attempt


def attempts(path: Path) -> int:
    """How often the phase was started since it was last finished."""
    return sum(event.get("event") == "start" for event in _since_end(path))


def taken_steps(path: Path) -> int:
    """The steps that were taken since the phase was last finished, those taken again among them."""
    return sum(event.get("event") == "step" for event in _since_end(path))


def _since_end(path: Path) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for event in _lines(path):
        events.append(event)
        if event.get("event") == "end":
            events.clear()
    return events


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(event, dict):
                yield event
