"""The journal of a phase as lines that people read: attempts, steps with loss and rate, checkpoints, resumes."""

import datetime
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Any

from harness.run.progress import duration

PART = 100  # of an attempt's steps or batches about so many are told
DAMAGED = (KeyError, TypeError, ValueError, OverflowError, OSError)  # raised by an event that lacks something


@dataclass
class Story:
    """Takes the events of one journal in their order; at work it tells something every `patience` seconds."""

    patience: float = inf
    _attempts: int = 0
    _reached: int = 0  # steps taken so far, whatever attempt took them
    _told: dict[str, Any] = field(default_factory=dict)  # the latest progress of which a line was made
    _untold: dict[str, Any] = field(default_factory=dict)

    def lines(self, event: dict[str, Any]) -> Iterator[str]:
        """What there is to say about one more event; of most steps, and of what is damaged, nothing."""
        try:
            yield from self._lines(event)
        except DAMAGED:
            self._told, self._untold = {}, {}

    def _lines(self, event: dict[str, Any]) -> Iterator[str]:
        match event.get("event"):
            case "step":
                self._reached = event.get("step", 0) + 1
                yield from self._progress({"what": "training", "done": self._reached, "unit": "step"} | event)
            case "progress":
                yield from self._progress(event)
            case "start":
                yield from self.rest()
                self._attempts, self._told = self._attempts + 1, {}
                again = f"attempt {self._attempts} starts" if self._attempts > 1 else "starts"
                yield _line(event, f"{again} on {_count(event.get('world_size', 1), 'process', 'processes')}")
            case "system":  # samples of the host, for curves
                return
            case _:
                yield from self.rest()
                yield _line(event, self._other(event))

    def rest(self) -> Iterator[str]:
        """The latest progress, if no line was made of it."""
        with suppress(*DAMAGED):
            untold, self._untold = self._untold, {}
            if untold:
                yield self._tell(untold)

    def _progress(self, event: dict[str, Any]) -> Iterator[str]:
        total = event.get("total", event.get("steps", 0))
        self._untold = event | {"total": total}
        if self._told.get("what") != event["what"] or event["done"] < self._told["done"]:
            self._told = {}
        due = not self._told or event["done"] >= total
        gained = event["done"] - self._told.get("done", 0)
        if due or gained * PART >= total or event["time"] - self._told["time"] >= self.patience:
            yield self._tell(self._untold)

    def _tell(self, event: dict[str, Any]) -> str:
        said = [f"{event['what']}: {event['unit']} {event['done']} of {event['total']}"]
        for name, words in (("loss", "loss"), ("learning_rate", "learning rate"), ("grad_norm", "gradient norm")):
            if (value := event.get(name)) is not None:
                said.append(f"{words} {value:.4g}")
            elif name == "loss" and "loss" in event:
                said.append("loss not finite")
        said += _pace(self._told, event)
        self._told, self._untold = event, {}
        return _line(event, ", ".join(said))

    def _other(self, event: dict[str, Any]) -> str:
        match event.get("event"):
            case "checkpoint":
                taken = f"{event.get('bytes', 0) / 1e6:,.1f} MB in {event.get('seconds', 0.0):.2g} s"
                return f"checkpoint at step {event.get('step')}: {taken}"
            case "resume":
                lost = event.get("lost_steps", max(0, self._reached - event.get("step", 0)))
                again = f"; {_count(lost, 'step is', 'steps are')} done again" if lost else ""
                return f"goes on from the checkpoint at step {event.get('step')}{again}"
            case "loaded":
                return f"weights are loaded; memory of the host so far: {event.get('host_peak_bytes', 0) / 1e9:.2f} GB"
            case "interrupted":
                return f"interrupted: {event.get('reason')}"
            case "end":
                return "ends: everything is computed"
            case name:
                rest = (f"{key} {value}" for key, value in event.items() if key not in ("event", "time"))
                return ", ".join([str(name).replace("_", " "), *rest])


def _line(event: dict[str, Any], text: str) -> str:
    return f"{moment(event.get('time', 0.0))}  {text}"


def moment(seconds: float) -> str:
    """Seconds since the epoch as a local date and time."""
    return datetime.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _pace(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Since the line before, if there is one."""
    seconds, units = now["time"] - before.get("time", now["time"]), now["done"] - before.get("done", 0)
    if seconds > 0 and units > 0:
        rate = units / seconds
        yield f"{rate:.3g} a second"
        if now["total"] > now["done"]:
            yield f"{duration((now['total'] - now['done']) / rate)} left"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
