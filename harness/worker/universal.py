"""Checkpoints for another world size: DeepSpeed's own converter, run by the first process while the others wait."""

import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

from harness.files.resume import DRAFT, discard
from harness.worker.session import Session

CONVERTER = "deepspeed.checkpoint.ds_to_universal"
LOOK = 0.2  # seconds between two looks of the processes that wait; converting 100B parameters takes most of an hour
SAID = 300  # characters of what the converter said last


def convert(source: Path, session: Session) -> tuple[Path, str]:
    """The folder of the checkpoint at `source` as one of any world size, and what went wrong, if something did.

    No collective: converting may take longer than one may.
    """
    name = session.agreed(f"{DRAFT}universal-{uuid4().hex[:8]}" if session.first else None)
    path = source.with_name(name)
    error, ended = "", path / "ended"
    if session.first:
        error = _convert(source, path)
        path.mkdir(exist_ok=True)
        ended.touch()
    while not ended.exists():
        time.sleep(LOOK)
    error = session.agreed(error)
    if error and session.first:
        discard(path)  # what is half written may be large
    return path, error


def _convert(source: Path, target: Path) -> str:
    """What the converter said, if it failed; else nothing.

    It takes folders for regular expressions, so they are given relative: a phase's own has `+` in its name.
    """
    folders = ["--input_folder", source.name, "--output_folder", target.name]
    # Without --inject_missing_state it asks for Megatron's metadata; --no_strict: for patterns of tensor parallelism.
    command = [sys.executable, "-m", CONVERTER, *folders, "--inject_missing_state", "--no_strict"]
    done = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, check=False)
    said = " ".join((done.stderr or done.stdout).split())[-SAID:]
    return "" if done.returncode == 0 else f"{said} (exit status {done.returncode})".lstrip()
