"""Whether all processes have one run folder: the first writes a nonce, each reads it and writes a file of its own."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import torch

from harness.files.atomic import write_text
from harness.files.survey import Sharing
from harness.spec.errors import HarnessError
from harness.worker.session import Session

PATIENCE = 10.0  # seconds until a file of another node is seen: NFS keeps names for 3 s and more
LOOK = 0.2


def try_sharing(session: Session, runs: Path, patience: float = PATIENCE) -> Sharing:
    """What this process met in `runs`; every process must come here, and none is stopped by a folder that fails."""
    nonce = session.agreed(uuid4().hex)
    folder = runs / ".cache" / f"shared-{nonce}"
    first = _attempt(lambda: write_text(folder / "first", nonce)) if session.first else None
    _meet(session)
    read = _within(patience, lambda: _content(folder / "first") == nonce)
    own = _attempt(lambda: write_text(folder / str(session.rank), f"{nonce} {session.rank}"))
    _meet(session)
    seen = session.agreed(_seen(folder, nonce, session.world_size, patience) if session.first else None)
    _meet(session)
    shutil.rmtree(folder, ignore_errors=True)  # on every node: a folder that is not shared has files of its own
    return Sharing(read, seen[session.rank], own or first)


def _meet(session: Session) -> None:
    """Until all are here."""
    session.summed(torch.zeros(1, device=session.device)).item()


def _seen(folder: Path, nonce: str, world_size: int, patience: float) -> list[bool]:
    """By rank, whether the file of each process is there."""

    def look() -> list[bool]:
        return [_content(folder / str(rank)) == f"{nonce} {rank}" for rank in range(world_size)]

    _within(patience, lambda: all(look()))
    return look()


def _attempt(write: Callable[[], None]) -> str | None:
    """What hindered it, if anything did."""
    try:
        write()
    except (HarnessError, OSError) as error:
        return str(error)
    return None


def _content(path: Path) -> str | None:
    try:
        os.listdir(path.parent)  # a node that has looked for the folder too early asks the server again  # noqa: PTH208
        return path.read_text()
    except OSError:
        return None


def _within(patience: float, holds: Callable[[], bool]) -> bool:
    """Whether it holds now or after a while."""
    deadline = time.monotonic() + patience
    while not (found := holds()) and time.monotonic() < deadline:
        time.sleep(LOOK)
    return found
