"""What running phases say in their journals: which step of what, since when and how fast."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.files.growing import Growing
from harness.files.layout import PhaseFolder
from harness.spec.phase import AnyPhase, slug


@dataclass(frozen=True)
class Activity:
    """What a phase is doing: `done` of `total` units of `what`, at `rate` units a second (None until it is known)."""

    phase: str
    what: str
    done: int
    total: int
    unit: str
    rate: float | None

    @property
    def left(self) -> float | None:
        """Seconds left, or None while the rate is unknown."""
        return (self.total - self.done) / self.rate if self.rate else None


class Follower:
    """Follows the journal of one phase; each look reads only what is new."""

    def __init__(self, folder: PhaseFolder, phase: AnyPhase) -> None:
        self._name = slug(phase)
        self._lines = Tail(folder.journal_file)
        self._first: tuple[float, int] = (0.0, 0)
        self.activity = Activity(self._name, "starting", 0, 0, "", None)

    def look(self) -> Activity:
        """The latest activity."""
        for event in self._lines.new():
            self._take(event)
        return self.activity

    def _take(self, event: dict[str, Any]) -> None:
        with suppress(KeyError, TypeError, ValueError, OverflowError):  # a damaged line is no news
            time = float(event["time"])
            match event.get("event"):
                case "start":
                    self._show("starting", 0, 0, "", time)
                case "progress":
                    what, unit = str(event["what"]), str(event["unit"])
                    self._show(what, int(event["done"]), int(event["total"]), unit, time)
                case "step":
                    self._show("training", int(event["step"]) + 1, int(event["steps"]), "steps", time)

    def _show(self, what: str, done: int, total: int, unit: str, time: float) -> None:
        if what != self.activity.what or done < self.activity.done:
            self._first = (time, done)
        seconds, units = time - self._first[0], done - self._first[1]
        rate = units / seconds if seconds > 0 and units > 0 else None
        self.activity = Activity(self._name, what, done, total, unit, rate)


class Tail:
    """The complete JSON lines added to a file since the last look; torn lines are left out."""

    def __init__(self, path: Path) -> None:
        self._file = Growing(path)

    def new(self) -> Iterator[dict[str, Any]]:
        """The new lines, in order."""
        for line in self._file.new().splitlines():
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event
