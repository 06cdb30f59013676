"""The run folder: can be written here, keeps the promises that leases rest on, and is one folder on every node."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from harness.files.atomic import write_text
from harness.files.disk import file_system
from harness.files.survey import Process
from harness.run.doctor.finding import Finding, error, listed, ok
from harness.spec.errors import HarnessError

CHECK = "run folder"
SHARE = "name a folder with --runs that every node mounts at the same path (NFS, Lustre, ...) and may write"


def check_here(runs: Path) -> Finding:
    """Whether `runs` can be written by this command, with the hard links and the locks that leases need."""
    probe = runs / ".cache" / f"doctor-{uuid4().hex}"
    other = probe.with_name(f"{probe.name}-linked")
    try:
        write_text(probe, "written by `harness doctor`")  # an empty file would find room on a full disk
        os.link(probe, other)
        with probe.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except HarnessError as wrong:
        return error(CHECK, str(wrong), "name another with --runs, or give yourself the right to write there")
    except OSError as wrong:
        remedy = "name a folder with --runs on a file system that has both (Lustre: mount it with -o flock)"
        return error(CHECK, f"{runs}: has no hard links or no locks ({wrong.strerror}), which leases need", remedy)
    finally:
        for path in (probe, other):
            _unlinked(path)
    return ok(CHECK, f"{runs} ({file_system(runs) or 'unknown file system'}) is written, linked and locked here")


def check_shared(processes: Sequence[Process]) -> Finding:
    """Whether all processes have one run folder."""
    unwritten = [process for process in processes if process.sharing.problem]
    if unwritten:
        first = unwritten[0]
        says = f"cannot be written by process {first.rank} on {first.host_name}: {first.sharing.problem}"
        return error(CHECK, says, SHARE)
    apart = [process.host_name for process in processes if not (process.sharing.read and process.sharing.found)]
    if apart:
        says = f"{listed(apart)} and {processes[0].host_name} do not see each other's files in it"
        return error(CHECK, says, SHARE)
    nodes = sum(process.host is not None for process in processes)
    where = f"on {nodes} nodes" if nodes > 1 else "on this node"
    return ok(CHECK, f"all {len(processes)} processes {where} read and write it")


def _unlinked(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
