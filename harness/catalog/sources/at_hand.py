"""Which files of a data folder a path names, and whether they are there; what hinders a look is told."""

import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from harness.spec.errors import HarnessError


def matching(root: Path, path: str) -> list[Path]:
    """The files that `path` names below `root`, in the order of their names, whatever their folders are called.

    Where it names none, the path itself, which is then missing. Raises HarnessError for a folder that cannot be read.
    """
    if "*" not in path:
        return [root / path]
    found = [root]
    for part in path.split("/"):
        found = [inner for folder in found for inner in _inside(folder, part)]
    return sorted(filter(is_there, found), key=lambda file: (file.name, file)) or [root / path]


def is_there(file: Path) -> bool:
    """Whether `file` is at hand.

    Raises HarnessError for what is no file, a link that leads nowhere, and a folder that cannot be read.
    """
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if file.is_symlink():
            raise HarnessError(f"{file}: is a link that leads nowhere; expected a file") from None
        return False
    except PermissionError as error:
        raise _unreadable(file.parent, error) from error
    except OSError as error:
        raise HarnessError(f"{file}: cannot be looked up ({error.strerror}); expected a file") from error
    if not stat.S_ISREG(mode):
        raise HarnessError(f"{file}: is {'a folder' if stat.S_ISDIR(mode) else 'no regular file'}; expected a file")
    return True


def _inside(folder: Path, part: str) -> Iterator[Path]:
    """What `part` of a path, a name or a pattern, names in a folder."""
    if not any(mark in part for mark in "*?["):
        yield folder / part
        return
    try:
        found = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _unreadable(folder, error) from error
    yield from (each for each in found if fnmatchcase(each.name, part))


def _unreadable(folder: Path, error: OSError) -> HarnessError:
    """Names the innermost folder that can itself be seen: what lies in it cannot."""
    closed = next(each for each in (folder, *folder.parents) if _seen(each))
    return HarnessError(f"{closed}: the folder cannot be read ({error.strerror}); expected one that can be")


def _seen(folder: Path) -> bool:
    try:
        folder.stat()
    except OSError:
        return False
    return True
