"""How DeepSpeed's checkpoint files are written: behind training's back, and hashed as they are."""

import contextlib
import errno
import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import torch
from deepspeed.runtime.checkpoint_engine.checkpoint_engine import CheckpointEngine
from torch.utils._pytree import tree_leaves

from harness.worker.room import free_memory

ROOM = 2.0  # times the size of a file that must be free in memory, to copy it there first


class Snapshots(CheckpointEngine):  # type: ignore[misc]
    """Writes files in a thread, from a copy in memory where that has room; `written` are their digests by path."""

    def __init__(self, neighbours: int = 1) -> None:
        """Of `neighbours` processes on this host, all of which copy at the same time."""
        self._room = ROOM * neighbours
        self.written: dict[Path, str] = {}
        self._writing: list[Future[None]] = []
        self._thread = ThreadPoolExecutor(1)

    @property
    def busy(self) -> bool:
        """Whether something is still being written."""
        return not all(each.done() for each in self._writing)

    def finish(self) -> OSError | None:
        """Wait for what is being written; what went wrong, if something did. Then the next checkpoint may begin."""
        errors = [each.exception() for each in self._writing]
        self._writing.clear()
        for error in filter(None, errors):
            if isinstance(error, OSError):
                return error
            raise error
        return None

    def close(self) -> None:
        """Leave the thread once it has written everything."""
        self._thread.shutdown()

    def save(self, state_dict: Any, path: str) -> None:
        """Take `state_dict` as it is now."""
        size = sum(leaf.nbytes for leaf in tree_leaves(state_dict) if isinstance(leaf, torch.Tensor))
        copy = io.BytesIO() if free_memory() >= self._room * size else None
        if copy is not None:
            try:
                torch.save(state_dict, copy)
            except MemoryError:  # no fault of the phase, whose batches would be made smaller for it
                copy = None
        if copy is None:
            self._begin(Path(path), lambda file: torch.save(state_dict, file)).exception()
        else:
            self.keep(copy.getbuffer(), Path(path))

    def keep(self, content: bytes | memoryview, path: Path) -> None:
        """Take a file by its bytes."""
        self._begin(path, lambda file: file.write(content))

    def load(self, path: str, map_location: Any = None) -> Any:
        """The content of a file that has been compared with its digest in our own manifest."""
        return torch.load(path, map_location=map_location, weights_only=False)

    def create(self, info: Any) -> None:
        """Nothing is to be done before a checkpoint."""

    def commit(self, info: Any) -> bool:
        """The manifest makes a checkpoint whole."""
        return True

    def _begin(self, path: Path, write: Callable[[IO[bytes]], Any]) -> "Future[None]":
        self._writing.append(self._thread.submit(self._write, path, write))
        return self._writing[-1]

    def _write(self, path: Path, write: Callable[[IO[bytes]], Any]) -> None:
        try:
            self.written[path] = _written(path, write)
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(path, 0)  # a full disk has room again for the journal
            raise


def _written(path: Path, write: Callable[[IO[bytes]], Any]) -> str:
    """The digest of what `write` put at `path`, which is on disk then."""
    with path.open("wb") as file:
        hashed = _Hashed(file)
        try:
            write(hashed)  # type: ignore[arg-type]
        except RuntimeError as error:  # torch's writer says so where a write failed
            raise OSError(errno.EIO, "could not be written", str(path)) from error
        file.flush()
        os.fsync(file.fileno())
    return hashed.digest


class _Hashed:
    """A file to which is only appended, and the SHA-256 of what was."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def write(self, content: bytes | memoryview) -> int:
        self._hash.update(content)
        return self._file.write(content)

    def flush(self) -> None:
        self._file.flush()
