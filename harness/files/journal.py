"""The journal of a phase: append-only JSON lines, synced, with a torn last line tolerated."""

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.spec.errors import HarnessError

FLUSH_SECONDS = 1.0
CLOSED = -1  # no file has it: a thread that comes late must not write into another


class Journal:
    """Appends events; they are on disk after at most a second of work, and at exit.

    What a full disk did not take is kept, and written from the very byte at which it was cut off. Several threads may
    append; `step` is the number of the step that was told last.
    """

    def __init__(self, path: Path) -> None:
        """Open the journal at `path` for appending, closing a torn last line first."""
        self._path = path
        self._alone = threading.RLock()  # taken again by whoever an interruption took out of it
        self.step: int | None = None
        self._pending = bytearray(b"\n" if _torn(path) else b"")
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise HarnessError(f"{path}: could not be opened ({error.strerror})") from error
        self._synced = time.monotonic()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._alone:
            try:
                self.sync()
            finally:
                os.close(self._handle)
                self._handle = CLOSED

    def append(self, event: str, **fields: Any) -> None:
        """Add one line; raises HarnessError when the disk is full."""
        with self._alone:
            self.step = fields["step"] if event == "step" else self.step
            self._pending += json.dumps({"event": event, "time": time.time(), **fields}).encode() + b"\n"
            if time.monotonic() - self._synced > FLUSH_SECONDS:
                self.sync()

    def sync(self) -> None:
        """Put everything appended so far on disk; raises HarnessError when it is full."""
        with self._alone:
            try:
                while self._pending:
                    del self._pending[: os.write(self._handle, self._pending)]
                os.fsync(self._handle)
            except OSError as error:
                raise HarnessError(f"{self._path}: could not be written ({error.strerror})") from error
            self._synced = time.monotonic()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The events of the attempt that counts: those since the latest `start`, torn lines left out.

    One that resumed has the steps before from the attempts that took them; what they took beyond is left out.
    """
    attempt: list[dict[str, Any]] = []
    earlier: list[
        list[dict[str, Any]]
    ] = []  # the steps that each attempt before came to, those it went on from among them
    for event in _lines(path):
        if event.get("event") == "start":
            earlier.append([each for each in attempt if each.get("event") == "step"])
            attempt = []
        elif event.get("event") == "resume":
            attempt = [*_steps_before(event["step"], earlier), *attempt]
        attempt.append(event)
    yield from attempt


def _steps_before(step: int, earlier: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The steps that a checkpoint at `step` holds: of the latest attempt that came so far, since it took that one."""
    for steps in reversed(earlier):
        if any(each["step"] == step - 1 for each in steps):
            return [each for each in steps if each["step"] < step]
    return []


def events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """What `lines` of a journal tell, torn ones left out."""
    for line in lines:
        try:
            event = json.loads(line.decode(errors="replace"))
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


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


def _torn(path: Path) -> bool:
    """Whether a journal ends within a line."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"
    return False


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with path.open("rb") as file:
        yield from events(file)
