"""Whole files or none: text is written beside its place, synced, then renamed."""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from harness.spec.errors import HarnessError
from harness.spec.load import dump


def write_text(path: Path, text: str) -> None:
    """Put `text` at `path` as UTF-8; as `write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path`; a crash leaves the old file or the new one.

    Raises HarnessError when the disk is full or the folder cannot be made or written.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        with suppress(OSError):  # its folder may be what could not be made
            temporary.unlink(missing_ok=True)
        raise HarnessError(
            f"{path}: could not be written ({error.strerror}); nothing already there was lost"
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Put a value of the spec, or plain data, at `path` as indented JSON."""
    plain = dump(value) if hasattr(value, "__dataclass_fields__") else value
    write_text(path, json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_text(path: Path, expected: str) -> str:
    """The text at `path`; raises HarnessError naming what was `expected` there."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read ({error.strerror}); expected {expected}") from error
    except UnicodeDecodeError as error:
        raise HarnessError(f"{path}: is not UTF-8 text; expected {expected}") from error


def digest(path: Path) -> str:
    """SHA-256 of the bytes at `path`, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make the bytes of a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
