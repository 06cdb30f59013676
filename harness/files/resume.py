"""Checkpoints of a phase on disk: a whole one is a folder by its step; what is half written has another name."""

import datetime
import errno
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from harness.files.atomic import digest, read_text, sync, write_json
from harness.spec.checkpoint import Manifest
from harness.spec.errors import HarnessError
from harness.spec.load import from_json

MANIFEST = "manifest.json"
KEPT = 2  # the newest may turn out to be damaged
DRAFT = ".draft-"
GONE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EIO)  # other errors pass
WHOLE = "step-" + 9 * "[0-9]"


@dataclass(frozen=True)
class Stored:
    """A whole checkpoint in the folder `path`."""

    path: Path
    manifest: Manifest

    def changed(self, names: Iterable[str]) -> Iterator[str]:
        """Which of the files called `names` do not hold what was written; each is read whole.

        Raises OSError where that cannot be told, since the share is away, say.
        """
        for name in names:
            try:
                same = digest(self.path / name) == self.manifest.files[name]
            except OSError as error:
                if error.errno not in GONE:
                    raise
                same = False
            if not same:
                yield name

    def strange(self) -> list[str]:
        """Files that DeepSpeed would read by their names, though the manifest does not vouch for them."""
        there = {str(file.relative_to(self.path)) for file in self.path.rglob("*.pt")}
        return sorted(there - self.manifest.files.keys())


def draft(resume: Path) -> Path:
    """A new folder below `resume` for a checkpoint that is being written."""
    path = resume / f"{DRAFT}{uuid4().hex[:8]}"
    try:
        path.mkdir(parents=True)
        sync(resume.parent)  # which may have no other trace of `resume`
    except OSError as error:
        raise HarnessError(f"{path}: could not be made ({error.strerror})") from error
    return path


def commit(path: Path, manifest: Manifest) -> Path:
    """Make the draft at `path` a whole checkpoint, and remove all but the newest two; its files are on disk already.

    Raises HarnessError where the disk is full.
    """
    write_json(path / MANIFEST, manifest)
    place = path.with_name(f"step-{manifest.progress.step:09d}")
    try:
        for folder in {path, *(file.parent for file in path.rglob("*"))}:
            sync(folder)
        discard(place)
        path.rename(place)
        sync(place.parent)
    except OSError as error:
        raise HarnessError(f"{place}: could not be written ({error.strerror})") from error
    others = [other for other in place.parent.glob(WHOLE) if other != place]
    for old in sorted(others, key=_written, reverse=True)[KEPT - 1 :]:
        discard(old)
    return place


def _written(path: Path) -> tuple[int, str]:
    """When its manifest was: one of more steps may be left from a launch that this one could not go on from."""
    try:
        return (path / MANIFEST).stat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name


def stored(resume: Path) -> list[Stored]:
    """Whole checkpoints below `resume`, the newest first; those whose manifest cannot be read are left out."""
    found = []
    for path in sorted(resume.glob(WHOLE), reverse=True):
        with suppress(HarnessError):
            found.append(Stored(path, _manifest(path)))
    return found


def newest_step(resume: Path) -> int:
    """The steps that the newest checkpoint below `resume` holds; 0 where there is none."""
    return max((int(path.name.removeprefix("step-")) for path in resume.glob(WHOLE)), default=0)


def discard(path: Path) -> None:
    """Remove a checkpoint, or all of them: first by name, so that half of one is never taken for a whole one."""
    if not path.exists():
        return
    aside = path.with_name(f"{DRAFT}{uuid4().hex[:8]}")
    path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def sweep(resume: Path) -> None:
    """Remove what was half written when a process ended."""
    for path in resume.glob(f"{DRAFT}*"):
        shutil.rmtree(path, ignore_errors=True)


def now() -> str:
    """The time of day for a manifest."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _manifest(path: Path) -> Manifest:
    """Raises HarnessError where it is damaged, or names a file outside of its folder."""
    where = path / MANIFEST
    manifest: Manifest = from_json(Manifest, read_text(where, "the manifest of a checkpoint"), str(where))
    for name in manifest.files:
        if not (path / name).resolve().is_relative_to(path.resolve()):
            raise HarnessError(f"{where}: '{name}' lies outside of the checkpoint")
    return manifest
