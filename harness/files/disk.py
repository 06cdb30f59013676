"""Disks: how fast a folder is written, what is left in it, and whether it can be written at all."""

import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from harness.spec.errors import HarnessError

WRITTEN = 256 << 20  # bytes, in blocks of BLOCK
BLOCK = 8 << 20


class Disk(NamedTuple):
    """Bytes/s that were written and synced; bytes and inodes that are free (a file system may not count inodes)."""

    write: float
    free: int
    inodes: int | None


def check_writable(folder: Path, what: str) -> None:
    """Raise HarnessError, saying `what` names it, where `folder` is none that files can be put in."""
    if not folder.is_dir():
        raise HarnessError(f"{what} is '{folder}', which is no folder; make it, or name another")
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        raise HarnessError(f"{what} is '{folder}', which cannot be written ({error.strerror}); name another") from error


def measure(folder: Path) -> Disk:
    """Write to `folder` for a moment, and ask what is left there; raises OSError where that cannot be."""
    block = os.urandom(BLOCK)  # what is compressed would be written too fast
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        began = time.perf_counter()
        for _ in range(WRITTEN // BLOCK):
            file.write(block)
        os.fsync(file.fileno())
        seconds = time.perf_counter() - began
    left = os.statvfs(folder)
    return Disk(WRITTEN / seconds, left.f_bavail * left.f_frsize, left.f_favail if left.f_files else None)
