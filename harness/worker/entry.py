"""What one process of a launch does: work through phases in order."""

import argparse
import os
import sys
import time
import traceback
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

from harness.spec.errors import HarnessError
from harness.worker.failing import cause_of, reason_of
from harness.worker.library import Library
from harness.worker.notice import REQUEUE, Interrupted
from harness.worker.perform import perform, phase_folder
from harness.worker.session import open_session
from harness.worker.work import read_placement

GRACE_SECONDS = 2.0  # the first process to leave ends all others; the one that writes failure.json must not be cut off


def main() -> int:
    """Work through the phases; 0 when all are done or taken over by another owner, 1 when one failed.

    REQUEUE when asked to end: what can be kept is kept, and the same command goes on.
    """
    parser = argparse.ArgumentParser(prog="harness.worker", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="phase folders, parents first")
    parser.add_argument("--owner", default=f"manual-{uuid4().hex[:8]}", help="who holds the leases")
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; LOCAL_RANK is used")
    arguments = parser.parse_args()
    try:
        _work(arguments.folders, arguments.owner)
    except Interrupted as notice:
        print(f"harness: {notice}; the same command goes on", file=sys.stderr, flush=True)
        leave(REQUEUE)
    except Exception as error:
        give_up(error)
    return 0


def leave(status: int) -> NoReturn:
    """End the process without taking Python apart: threads of torch's that still stand could abort it then.

    One of four processes that had finished under ZeRO++ hpZ was ended so ("terminate called without an active
    exception"), and its launch counted as failed.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def give_up(error: Exception) -> NoReturn:
    """Say why, and end at once: other processes may wait in a collective, and the launcher ends them now."""
    kind = "lost" if cause_of(error) == "lost" else "error"
    print(f"harness: {kind}: {reason_of(error)}", file=sys.stderr, flush=True)
    if not isinstance(error, HarnessError):
        traceback.print_exc()
    time.sleep(GRACE_SECONDS)
    leave(1)


def _work(paths: list[Path], owner: str) -> None:
    folders = [phase_folder(path) for path in paths]
    placement = read_placement(folders[0])
    library = Library(placement.data_folder)
    with open_session(placement) as session:
        for folder in folders:
            if not perform(folder, session, library, owner):
                if session.first:
                    print(f"harness: {folder.path.name} is another launch's by now; nothing is left to do here")
                return
