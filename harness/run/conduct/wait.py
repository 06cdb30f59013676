"""Waiting for phases that other commands run: what they do is shown until one of them has ended."""

from collections.abc import Iterator, Sequence

from harness.files.lease import read_lease
from harness.run.progress import Display
from harness.run.store import State
from harness.run.watch import Follower


class Elsewhere:
    """What other commands run, told to `display`, each process named once."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._named: set[str] = set()

    def until_one_ends(self, running: Sequence[State]) -> Iterator[None]:
        """Show what the processes that run `running` do, again and again, until one of these phases has ended."""
        first: dict[str, State] = {}  # of each process; the others wait behind it
        for state in running:
            first.setdefault(state.reason, state)
        for reason in first:
            if reason not in self._named:
                self._display.say(f"waiting for phases run {reason}")
        self._named.update(first)
        followers = [Follower(state.folder, state.phase) for state in first.values()]
        while running and all(map(_goes_on, running)):
            self._display.activities([follower.look() for follower in followers])
            yield


def _goes_on(state: State) -> bool:
    lease = read_lease(state.folder.lease_file)
    return lease is not None and lease.live and not state.folder.done
