"""Disks: what kind a folder lies on, how fast it is written, what is left in it, whether it can be written at all."""

import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from harness.spec.errors import HarnessError

WRITTEN = 256 << 20  # bytes, in blocks of BLOCK
BLOCK = 8 << 20


class Disk(NamedTuple):
    """Bytes/s that were written and synced; bytes and inodes that are free (a file system may not count inodes)."""

    write: float
    free: int
    inodes: int | None


class Left(NamedTuple):
    """Bytes and inodes that are free; None where the file system does not count inodes."""

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
    return Disk(WRITTEN / seconds, *left(folder))


def left(folder: Path) -> Left:
    """What is free for files in `folder`; raises OSError where it cannot be asked."""
    found = os.statvfs(folder)
    return Left(found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)


def file_system(folder: Path) -> str:
    """The kind of file system that `folder` lies on, as Linux calls it; empty where it does not say."""
    mounts = {Path(each.mountpoint): each.fstype for each in psutil.disk_partitions(all=True)}
    whole = folder.resolve()
    return next((mounts[path] for path in (whole, *whole.parents) if path in mounts), "")
