"""What a process is doing right now, in words that a user knows: phase, task, language, step."""

import time
from dataclasses import dataclass, field


@dataclass
class Doing:
    """Noted by the main thread, read by its watchdog; `count` grows with each note.

    `steady`: the next note follows soon, as in steps and batches, so that none for long means that it hangs. Reading
    data or writing weights may take any time.
    """

    what: str = "the beginning of the launch"
    steady: bool = False
    count: int = 0
    since: float = field(default_factory=time.monotonic)

    def note(self, what: str, steady: bool = False) -> None:
        """From now on it is doing `what`."""
        self.what, self.steady, self.since = what, steady, time.monotonic()
        self.count += 1

    def goes_on(self) -> None:
        """It is doing one more of the same."""
        self.note(self.what, self.steady)
