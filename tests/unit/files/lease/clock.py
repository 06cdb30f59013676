"""Time that a test sets."""

import dataclasses
import time


@dataclasses.dataclass
class Clock:
    """Time as the module sees it: seconds since some beginning, and seconds by which the day was set."""

    elapsed: float = 0.0
    day: float = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    def time(self) -> float:
        return time.time() + self.elapsed + self.day

    def time_ns(self) -> int:
        return int(self.time() * 1e9)
