"""The hub over the network: what a repository holds at a revision, and one of its files brought whole into a folder."""

import hashlib
import importlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Literal

from harness.files.atomic import digest
from harness.files.mirror import Mirrored
from harness.run.data.patience import patiently
from harness.spec.errors import HarnessError
from harness.spec.load import build
from harness.spec.paths import InnerPath
from harness.spec.redact import redacted

Kind = Literal["dataset", "model"]
LEFT_OVER = ".cache"  # the hub library's notes on a folder; the manifest says what they say


@dataclass(frozen=True)
class Repository:
    """A repository of the hub at a pinned revision."""

    kind: Kind
    name: str
    revision: str

    def __str__(self) -> str:
        return f"{self.name}@{self.revision[:8]}"


@dataclass(frozen=True)
class Listed:
    """A file as the hub lists it: `sha256` of large files, and of others git's own digest, `blob`."""

    name: str
    bytes: int
    sha256: str | None
    blob: str


def listed(repository: Repository, patterns: Sequence[str]) -> list[Listed]:
    """The files of `repository` that `patterns` name, sorted, at least one for each.

    Raises HarnessError where one names none, or the hub cannot be asked.
    """
    found = {
        entry.name: entry for folder in sorted(set(map(_folder, patterns))) for entry in _entries(repository, folder)
    }
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in found):
            near = ", ".join(sorted(found)[:4]) or "nothing"
            raise HarnessError(f"{repository}: no file is called {pattern}; found {near}")
    return [found[name] for name in sorted(found) if any(fnmatchcase(name, pattern) for pattern in patterns)]


def download(repository: Repository, entry: Listed, folder: Path) -> Mirrored:
    """Bring one file into `folder`, and return its digest and size; the hub's library shows a bar on a terminal.

    A transfer that breaks leaves nothing behind. Raises HarnessError for that, and for bytes that are not those which
    the hub lists; they are removed again.
    """
    hub = importlib.import_module("huggingface_hub")
    path = folder / entry.name
    path.unlink(missing_ok=True)  # the library would take a damaged file for the right one
    with told(repository):
        patiently(
            lambda: hub.hf_hub_download(
                repository.name, entry.name, repo_type=repository.kind, revision=repository.revision, local_dir=folder
            )
        )
    if not as_listed(path, entry):
        path.unlink()
        raise HarnessError(f"{path}: what arrived is not what {repository} lists, and was removed; fetch it again")
    return Mirrored(digest(path), entry.bytes)


def as_listed(path: Path, entry: Listed) -> bool:
    """Whether the file at `path` is the one that the hub lists, to the last byte."""
    if not path.is_file() or path.stat().st_size != entry.bytes:
        return False
    return digest(path) == entry.sha256 if entry.sha256 else _blob(path) == entry.blob


def tidied(folder: Path) -> None:
    """Remove what the hub's library noted down in `folder`."""
    shutil.rmtree(folder / LEFT_OVER, ignore_errors=True)


@contextmanager
def told(repository: Repository) -> Iterator[None]:
    """Within the block, what the hub's library raises becomes one sentence."""
    errors = importlib.import_module("huggingface_hub.errors")
    try:
        yield
    except (errors.HTTPError, errors.EntryNotFoundError, OSError) as error:
        if getattr(error, "errno", None):  # the disk's, not the network's
            raise
        reason = redacted(" ".join(str(error).split()))[:160]
        raise HarnessError(
            f"{repository}: cannot be fetched ({type(error).__name__}: {reason}); what has arrived stays, "
            "and the same command goes on from there"
        ) from None  # what it was made of may quote a token


def _entries(repository: Repository, folder: str) -> Iterator[Listed]:
    hub = importlib.import_module("huggingface_hub")
    with told(repository):
        tree = patiently(
            lambda: list(
                hub.HfApi().list_repo_tree(
                    repository.name, folder or None, revision=repository.revision, repo_type=repository.kind
                )
            )
        )
    for item in tree:
        if isinstance(item, hub.RepoFile):
            name = build(InnerPath, item.path, str(repository))  # it becomes a path on this machine
            yield Listed(name, item.size, item.lfs.sha256 if item.lfs else None, item.blob_id)


def _folder(pattern: str) -> str:
    folder = str(PurePosixPath(pattern).parent)
    return "" if folder == "." else folder


def _blob(path: Path) -> str:
    """Git's digest of a file's content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
