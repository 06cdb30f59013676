"""Checkpoints for another world size: DeepSpeed's own converter, run by the first process while the others wait."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from harness.files.resume import DRAFT, Stored, discard
from harness.spec.errors import HarnessError
from harness.worker.session import Session

CONVERTER = "deepspeed.checkpoint.ds_to_universal"
LOOK = 0.2  # seconds between two looks of the processes that wait; converting 100B parameters takes most of an hour
SAID = 300  # characters of what the converter said last


@contextmanager
def converted(found: Stored, session: Session) -> Iterator[Path]:
    """The checkpoint as one of any world size, until the block ends; raises HarnessError where that fails.

    No collective: converting may take longer than one may.
    """
    name = session.agreed(f"{DRAFT}universal-{uuid4().hex[:8]}" if session.first else None)
    path = found.path.with_name(name)
    ready, failed = path / "ready", path / "failed"
    if session.first:
        error = _convert(found.path, path)
        path.mkdir(exist_ok=True)
        (failed if error else ready).write_text(error)
    while not ready.exists() and not failed.exists():
        time.sleep(LOOK)
    if failed.exists():
        raise HarnessError(f"{found.path}: could not be converted to another world size ({failed.read_text()})")
    try:
        yield path
    finally:
        session.agreed(None)  # all have read it
        if session.first:
            discard(path)


def _convert(source: Path, target: Path) -> str:
    """What the converter said, if it failed; else nothing."""
    folders = ["--input_folder", str(source), "--output_folder", str(target)]
    # Without --inject_missing_state it asks for Megatron's metadata; --no_strict: for patterns of tensor parallelism.
    command = [sys.executable, "-m", CONVERTER, *folders, "--inject_missing_state", "--no_strict"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else " ".join((done.stderr or done.stdout).split())[-SAID:]
