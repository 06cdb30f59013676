"""Progress of a sweep while it runs: bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from harness.run.watch import Activity

LINE_SECONDS = 10.0  # plain lines about a phase at work are at least this far apart


class Display(Protocol):
    """What the conductor tells about its work."""

    def __enter__(self) -> "Display":
        """Begin to show."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the terminal as it was."""

    def activities(self, now: Sequence[Activity]) -> None:
        """What every launch at work is doing."""

    def finished(self, name: str) -> None:
        """One more phase is finished."""

    def count(self, done: int, total: int) -> None:
        """So many phases of the sweep are done."""

    def say(self, sentence: str) -> None:
        """Something that must be read."""


def display(console: Console) -> Display:
    """The display that suits `console`."""
    return Bars(console) if console.is_terminal else Lines(console)


class Pace:
    """How fast phases finish, whatever number of launches works on them, and the seconds left if it goes on like this.

    What comes first after a launch has begun is left out, since it waited for the start of the launch's processes;
    so is the longest wait, which is pretraining's and comes once.
    """

    def __init__(self) -> None:
        self._waits: list[float] = []
        self._last = time.monotonic()
        self._beginning = True
        self.done, self.total = 0, 0

    def set(self, done: int, total: int) -> None:
        """So many are done now; a count that has not grown says that a launch begins."""
        finished, now = done - self.done, time.monotonic()
        if finished > 0 and not self._beginning:
            self._waits += [(now - self._last) / finished] * finished
        self._beginning = finished <= 0 or self.total == 0
        self._last, self.done, self.total = now, done, total

    @property
    def left(self) -> float | None:
        """Seconds left, or None before three phases of a launch have finished."""
        counted = sorted(self._waits)[:-1]
        return sum(counted) / len(counted) * (self.total - self.done) if counted else None


class Lines:
    """Plain lines: one for each finished phase, and one now and then about each phase at work."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pace = Pace()
        self._spoken = time.monotonic()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def activities(self, now: Sequence[Activity]) -> None:
        """Tell each, if nothing has been said for a while."""
        if time.monotonic() - self._spoken < LINE_SECONDS:
            return
        for each in now:
            done = f" {each.done}/{each.total} {each.unit}" if each.total else ""
            self.say(f"{each.phase}: {each.what}{done}{_pace(each)}")

    def finished(self, name: str) -> None:
        """One line."""
        self._pace.set(self._pace.done + 1, self._pace.total)
        left = f", {duration(self._pace.left)} left" if self._pace.left else ""
        self.say(f"[{self._pace.done}/{self._pace.total}] {name} finished{left}")

    def count(self, done: int, total: int) -> None:
        """Take it in."""
        self._pace.set(done, total)

    def say(self, sentence: str) -> None:
        """One line, as long as it needs to be."""
        self._spoken = time.monotonic()
        self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)


class Bars:
    """One bar for each phase at work, and one for the whole sweep."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            console=console,
        )
        self._pace = Pace()
        self._sweep = self._progress.add_task("sweep", total=None, detail="phases")
        self._phases: list[TaskID] = []

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def activities(self, now: Sequence[Activity]) -> None:
        """Move the bars of the phases, of which there are as many as launches at work."""
        while len(self._phases) < len(now):
            self._phases.append(self._progress.add_task("", total=None, detail=""))
        while len(self._phases) > len(now):
            self._progress.remove_task(self._phases.pop())
        for bar, each in zip(self._phases, now, strict=True):
            self._progress.update(
                bar,
                description=f"{each.phase}: {each.what}",
                completed=each.done,
                total=each.total or None,
                detail=f"{each.unit}{_pace(each)}",
            )

    def finished(self, name: str) -> None:
        """Move the bar of the sweep."""
        self.count(self._pace.done + 1, self._pace.total)

    def count(self, done: int, total: int) -> None:
        """Set the bar of the sweep."""
        self._pace.set(done, total)
        left = f", {duration(self._pace.left)} left" if self._pace.left else ""
        self._progress.update(self._sweep, completed=done, total=total, detail=f"phases{left}")

    def say(self, sentence: str) -> None:
        """A line above the bars."""
        self._progress.console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def duration(seconds: float) -> str:
    """Seconds as a person says them: `40 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _pace(now: Activity) -> str:
    if now.rate is None or now.left is None:
        return ""
    return f", {now.rate:.3g} {now.unit} a second, {duration(now.left)} left"
