"""Digests that are dear to compute, remembered while a file looks unchanged, and over commands in a small JSON file."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.files.atomic import digest, write_json
from harness.spec.errors import HarnessError

SETTLED_NS = 1_000_000_000  # a file changed within the last second may change again within one tick of its clock

_digests: dict[str, str] = {}


def file_digest(path: Path) -> str:
    """SHA-256 of the bytes at `path`, not computed again while its size and times stay the same.

    Raises HarnessError for a file that cannot be read.
    """
    status = path.stat()
    looks = f"{path.resolve()} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    if looks in _digests:
        return _digests[looks]
    try:
        content = digest(path)
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read ({error.strerror}); expected a readable data file") from error
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED_NS:
        _digests[looks] = content
    return content


@contextmanager
def remembered_digests(cache: Path | None) -> Iterator[None]:
    """Within the block digests of files are taken from `cache`, a JSON file, and added to it."""
    if cache:
        _digests.update(recall(cache, "digests"))
    before = len(_digests)
    yield
    if cache and len(_digests) > before:
        remember(cache, "digests", _digests)


def recall(cache: Path, section: str) -> dict[str, Any]:
    """One section of `cache`; empty where it is absent or damaged, since everything in it can be computed again."""
    found = _content(cache).get(section)
    return found if isinstance(found, dict) else {}


def remember(cache: Path, section: str, entries: dict[str, Any]) -> None:
    """Add `entries` to a section of `cache`; raises HarnessError when it cannot be written."""
    write_json(cache, {**_content(cache), section: {**recall(cache, section), **entries}})


def _content(cache: Path) -> dict[str, Any]:
    try:
        content = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
