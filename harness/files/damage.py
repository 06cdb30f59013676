"""Damage to the files of a finished phase: found by size and digest, and kept aside so that a person can look at it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.files.atomic import digest
from harness.files.layout import PhaseFolder
from harness.spec.errors import HarnessError
from harness.spec.record import Record

SMALL = 64 << 20  # bytes; larger outputs are weights, whose digests the worker compares before it reads them

Sha256 = Callable[[Path], str]


def set_aside(path: Path) -> Path:
    """Rename a damaged file to `<name>.damaged-<time>`, and return that; raises HarnessError where it cannot be."""
    stamp = time.strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}-{time.time_ns() % 10**9:09d}")
    try:
        path.rename(aside)
    except OSError as error:
        raise HarnessError(f"{path}: is damaged, and cannot be renamed ({error.strerror}); move it away") from error
    return aside


def check_outputs(folder: PhaseFolder, record: Record, hashed_up_to: int, sha256: Sha256 = digest) -> None:
    """Raise HarnessError, naming the file, for an output that is not what `record` tells of.

    Sizes are compared where the record has them, and digests of files of at most `hashed_up_to` bytes. Weights that
    were released as a whole are no damage.
    """
    for name, path in outputs(folder, record):
        size = _size(folder, path)
        told = (record.sizes or {}).get(name)
        if size is None:
            raise HarnessError(f"{path}: is missing, though {folder.record_file.name} tells of it")
        if told is not None and size != told:
            raise HarnessError(f"{path}: has {size:,} bytes, but {told:,} when it was recorded")
        if size <= hashed_up_to:
            check_digest(path, record.outputs[name], sha256)


def check_digest(path: Path, recorded: str, sha256: Sha256 = digest) -> None:
    """Raise HarnessError where the bytes at `path` are not those whose SHA-256 was `recorded`."""
    try:
        found = sha256(path)
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read ({error.strerror}); expected what was recorded") from error
    if found != recorded:
        raise HarnessError(
            f"{path}: changed since it was recorded: its SHA-256 begins with {found[:12]}, not with {recorded[:12]}"
        )


def outputs(folder: PhaseFolder, record: Record) -> Iterator[tuple[str, Path]]:
    """The outputs that should lie in `folder`, by their names in the record."""
    released = not folder.weights.exists()
    for name in sorted(record.outputs):
        path = folder.path / name
        if not (released and path.is_relative_to(folder.weights)):
            yield name, path


def _size(folder: PhaseFolder, path: Path) -> int | None:
    """Bytes of a file that lies in the run folder itself; None of anything else."""
    there = path.resolve()
    inside = there.is_relative_to(folder.path.parent.resolve())
    return there.stat().st_size if inside and there.is_file() else None
