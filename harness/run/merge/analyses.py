"""The analyses that other run folders were run with: brought along, so that what was planned there stays planned."""

from collections.abc import Iterator
from pathlib import Path

from harness.files.atomic import write_json
from harness.plan.sweeps.frozen import Versions
from harness.run.freeze import FOLDER, read_versions
from harness.run.store import exclusive
from harness.spec.errors import HarnessError


def analyses(source: Path) -> Iterator[Versions]:
    """Those of a run folder, by sweep; raises HarnessError for one that cannot be read, or is called otherwise."""
    for file in sorted((source / FOLDER).glob("[!.]*.json")):
        if file.is_symlink() or not file.is_file():
            raise HarnessError(f"{file}: is a symbolic link, or no file; expected the analyses of a sweep")
        found = read_versions(file)
        if found.sweep != file.stem:
            raise HarnessError(f"{file}: holds the analyses of '{found.sweep[:80]}'; it was renamed")
        yield found


def lacking(into: Path, theirs: Versions) -> Versions | None:
    """What `into` has of a sweep together with `theirs`, in the order of time; None where nothing is added."""
    file = into / FOLDER / f"{theirs.sweep}.json"
    ours = read_versions(file).versions if file.exists() else ()
    known = {(version.digest, version.time): version for version in (*ours, *theirs.versions)}
    if len(known) == len(ours):
        return None
    return Versions(theirs.sweep, tuple(sorted(known.values(), key=lambda version: version.time)))


def bring(into: Path, theirs: Versions) -> None:
    """Add what is lacking; nothing that is there is removed."""
    with exclusive(into):
        if joined := lacking(into, theirs):
            write_json(into / FOLDER / f"{theirs.sweep}.json", joined)
