"""What launches have held of the accelerators: a row for each that has ended, and for each conductor those at work."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import NonNegativeFloat, PositiveInt

from harness.files import journal
from harness.files.atomic import read_text, write_json
from harness.files.growing import Growing
from harness.files.lease import read_lease
from harness.run.stop import Conductor
from harness.run.store import exclusive
from harness.spec.errors import HarnessError
from harness.spec.load import build, dump, from_json
from harness.spec.value import value

HOUR = 3600.0


@value
class Held:
    """What one launch held: so many `accelerators` (processes, on cpu) for so many seconds since `began`.

    `launch` is unlike any other's and names its log; `phases` are the names of their folders.
    """

    launch: str
    owner: str
    phases: tuple[str, ...]
    accelerators: PositiveInt
    began: float
    seconds: NonNegativeFloat = 0.0

    @property
    def hours(self) -> float:
        """Accelerator-hours."""
        return self.accelerators * self.seconds / HOUR


@value
class AtWork:
    """The launches of one conductor that have not ended."""

    launches: tuple[Held, ...]


def at_work(runs: Path) -> tuple[Held, ...]:
    """The launches that have not ended: their conductor is at work, or they outlive it."""
    rows = ((file.stem, row) for file in _at_work(runs) for row in _read(runs, file))
    return tuple(row for owner, row in rows if _alive(runs, owner) or _goes_on(runs, row))


class Account:
    """What launches of a run folder have held; each look reads of those that have ended only what is new."""

    def __init__(self, runs: Path) -> None:
        self._runs, self._entries = runs, Growing(_ended(runs))
        self._ended: dict[str, Held] = {}

    def held(self) -> tuple[Held, ...]:
        """What every launch has held so far; damaged rows are left out."""
        # These first: a launch that ends is entered before its row here is gone.
        going = {row.launch: row for file in _at_work(self._runs) for row in _read(self._runs, file)}
        for event in journal.events(self._entries.new().splitlines()):
            with suppress(HarnessError):
                row: Held = build(Held, event.get("held"), "")
                self._ended[row.launch] = row
        return tuple({**going, **self._ended}.values())


def held(runs: Path) -> tuple[Held, ...]:
    """What every launch in a run folder has held so far; damaged rows are left out."""
    return Account(runs).held()


def hours(launches: Iterable[Held]) -> float:
    """Accelerator-hours of `launches` together."""
    return sum(each.hours for each in launches)


def at_work_file(runs: Path, owner: str) -> Path:
    """Where the launches of a conductor that have not ended are kept."""
    return _folder(runs) / f"{owner}.json"


def _folder(runs: Path) -> Path:
    return runs / "ledger"


def _ended(runs: Path) -> Path:
    return _folder(runs) / "ended.jsonl"


def _at_work(runs: Path) -> Sequence[Path]:
    return sorted(_folder(runs).glob("[!.]*.json"))


def _read(runs: Path, file: Path) -> Iterator[Held]:
    """The launches in the file of a conductor; those that outlive it go on being counted."""
    try:
        found: AtWork = from_json(AtWork, read_text(file, "launches at work"), str(file))
    except HarnessError:
        return
    abandoned = not _alive(runs, file.stem)
    for row in found.launches:
        yield (
            replace(row, seconds=max(row.seconds, time.time() - row.began))
            if abandoned and _goes_on(runs, row)
            else row
        )


def settle_abandoned(runs: Path) -> None:
    """Renew what launches hold whose conductor has died, and enter those that have ended."""
    for file in _at_work(runs):
        if _alive(runs, file.stem):
            continue
        rows = list(_read(runs, file))
        left = tuple(row for row in rows if _goes_on(runs, row))
        append(runs, [row for row in rows if row not in left])
        if left:
            write_json(file, AtWork(left))
        else:
            file.unlink(missing_ok=True)


def _alive(runs: Path, owner: str) -> bool:
    lease = Conductor(runs, owner).lease
    return lease is not None and lease.live


def _goes_on(runs: Path, row: Held) -> bool:
    """Whether a process of the launch still holds the lease of one of its phases."""
    leases = (read_lease(runs / Path(name).name / "lease.json") for name in row.phases)
    return any(lease.owner == row.owner and lease.live for lease in leases if lease)


def append(runs: Path, rows: Iterable[Held]) -> None:
    """Enter launches that have ended; raises HarnessError when the disk is full."""
    rows = list(rows)
    if not rows:
        return
    _folder(runs).mkdir(parents=True, exist_ok=True)
    with exclusive(runs), journal.Journal(_ended(runs)) as entries:
        for row in rows:
            entries.append("held", held=dump(row))
