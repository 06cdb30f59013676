"""Progress of a sweep while it runs: bars on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from harness.run.watch import Activity

LINE_SECONDS = 10.0  # plain lines about a phase at work are at least this far apart


class Display(Protocol):
    """What the conductor tells about its work."""

    def __enter__(self) -> "Display":
        """Begin to show."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the terminal as it was."""

    def activity(self, now: Activity) -> None:
        """A phase is at work."""

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
    """How fast phases finish: the sweep's count, and the seconds that are left if it goes on like this.

    The longest wait is left out: it is pretraining's, which comes first and once.
    """

    def __init__(self) -> None:
        self._waits: list[float] = []
        self._last = time.monotonic()
        self._known = False
        self.done, self.total = 0, 0

    def set(self, done: int, total: int) -> None:
        """So many are done now; what was done before the first look took none of our time."""
        finished = done - self.done if self._known else 0
        if finished > 0:
            now = time.monotonic()
            self._waits += [(now - self._last) / finished] * finished
            self._last = now
        self._known, self.done, self.total = True, done, total

    @property
    def left(self) -> float | None:
        """Seconds left, or None before two phases have finished."""
        counted = sorted(self._waits)[:-1]
        return sum(counted) / len(counted) * (self.total - self.done) if counted else None


class Lines:
    """Plain lines: one for each finished phase, and one now and then about the phase at work."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pace = Pace()
        self._spoken = time.monotonic()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def activity(self, now: Activity) -> None:
        """Tell it, if nothing has been said for a while."""
        if time.monotonic() - self._spoken >= LINE_SECONDS:
            done = f" {now.done}/{now.total} {now.unit}" if now.total else ""
            self.say(f"{now.phase}: {now.what}{done}{_pace(now)}")

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
    """Two bars: the phase at work, and the whole sweep."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            console=console,
        )
        self._pace = Pace()
        self._phase = self._progress.add_task("", total=None, detail="", visible=False)
        self._sweep = self._progress.add_task("sweep", total=None, detail="phases")

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def activity(self, now: Activity) -> None:
        """Move the bar of the phase."""
        self._progress.update(
            self._phase,
            description=f"{now.phase}: {now.what}",
            completed=now.done,
            total=now.total or None,
            detail=f"{now.unit}{_pace(now)}",
            visible=True,
        )

    def finished(self, name: str) -> None:
        """Move the bar of the sweep."""
        self.count(self._pace.done + 1, self._pace.total)
        self._progress.update(self._phase, visible=False)

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
