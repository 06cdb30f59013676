"""Copies from a foreign run folder: written beside their place, checked against their digests, then renamed."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from harness.files.alone import alone
from harness.files.atomic import sync, write_json
from harness.files.layout import IMPORT_MANIFEST, PhaseFolder
from harness.run.merge.found import Found, FoundImport
from harness.run.store import exclusive
from harness.spec.errors import HarnessError

BLOCK = 8 << 20  # bytes
REPLACED = "replaced"  # the folder of what stood in the way; an import is damaged then, an unfinished phase is not


class Workshop:
    """The folder below a run folder in which copies are made, one merge at a time."""

    def __init__(self, runs: Path) -> None:
        self._folder, self._lock = runs / ".merging", runs / ".merge.lock"

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Clear away what an interrupted merge left, and at the end the folder; raises HarnessError beside another."""
        with alone(self._lock, f"{self._folder.parent}: another `harness merge` is at work there"):
            self._put_back()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
            yield
            shutil.rmtree(self._folder)

    def copy(self, found: Found) -> Path:
        """A whole copy, still beside its place.

        Raises HarnessError where the source cannot be read or is not what its digests say, OSError where it cannot be
        written.
        """
        draft = self._folder / found.path.name
        for name, digest in sorted(found.files.items(), key=lambda each: each[0] == found.last):
            _copy(found.path / name, draft / name, digest)
        return draft

    def copy_import(self, found: FoundImport) -> Path:
        """As `copy`, of an import, whose manifest knows when each of its files was last changed."""
        draft = self.copy(found)
        known = (
            replace(file, changed=(draft / file.name).stat().st_mtime_ns, bytes=(draft / file.name).stat().st_size)
            for file in found.manifest.files
        )
        write_json(draft / IMPORT_MANIFEST, replace(found.manifest, files=tuple(known)))
        return draft

    def put(self, draft: Path, place: Path) -> None:
        """Rename `draft` to `place`; what stands there is taken away first."""
        place.parent.mkdir(exist_ok=True)
        aside = self._folder / REPLACED / place.name
        if place.exists():
            aside.parent.mkdir(exist_ok=True)
            place.rename(aside)
        draft.rename(place)
        sync(place.parent)
        shutil.rmtree(aside, ignore_errors=True)

    def _put_back(self) -> None:
        """What a merge took away that was killed before it put its copy there."""
        with exclusive(self._folder.parent):  # nobody claims it now
            for aside in (self._folder / REPLACED).glob("*"):
                place = self._folder.parent / aside.name
                if PhaseFolder(aside).phase_file.exists() and not place.exists():
                    aside.rename(place)

    def drop(self, found: Found) -> None:
        """Remove what there is of a copy."""
        shutil.rmtree(self._folder / found.path.name, ignore_errors=True)


def _copy(source: Path, place: Path, digest: str | None) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with _opened(source) as reading, place.open("wb") as writing:
        found = hashlib.sha256()
        while block := _block(reading, source):
            writing.write(block)
            found.update(block)
        writing.flush()
        os.fsync(writing.fileno())
    if digest is not None and found.hexdigest() != digest:
        raise HarnessError(f"{source}: is damaged: its digest is not the one on record")


def _opened(source: Path) -> BinaryIO:
    try:
        return os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except OSError as error:
        raise HarnessError(f"{source}: cannot be read ({error.strerror})") from error


def _block(reading: BinaryIO, source: Path) -> bytes:
    try:
        return reading.read(BLOCK)
    except OSError as error:
        raise HarnessError(f"{source}: cannot be read ({error.strerror})") from error
