"""Processes of this host as other processes of it see them: which table they are in, since when they run."""

import os
from pathlib import Path


def table() -> str | None:
    """The table of processes that process ids here belong to: of this boot of this kernel, in this pid namespace.

    Two hosts may have one name, as containers do, two containers one kernel, and two machines that were copied while
    they ran one boot. None where /proc shows another table than ours, so that a process cannot be asked.
    """
    try:
        if Path("/proc/self").readlink() != Path(str(os.getpid())):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return None


def started(pid: int) -> int | None:
    """When process `pid` was started, in clock ticks since the boot; None when it is gone, or cannot be seen.

    Guards against a reused process id. A time of day would move when the clock is set.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = status.rpartition(")")[2].split()  # proc(5): the state is the third field, the start the 22nd
    return None if state in "ZX" else int(fields[18])


def hidden(pid: int) -> bool:
    """Whether the process exists, but is another user's that /proc does not show (hidepid)."""
    if Path(f"/proc/{pid}").exists():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False
