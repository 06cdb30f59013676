"""Memory that a process may still take: of its host, and of the control groups that Slurm and Kubernetes put it in."""

from collections.abc import Iterator
from pathlib import Path

import psutil

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def free_memory() -> int:
    """Bytes; what the page cache holds counts as free."""
    return min(psutil.virtual_memory().available, *_left(), 1 << 62)


def _left() -> Iterator[int]:
    """Bytes below the limit of each group that this process is in (cgroup v2, as in the kernel's cgroup-v2.rst)."""
    for folder in _groups():
        try:
            limit = (folder / "memory.max").read_text().strip()
            used = int((folder / "memory.current").read_text())
            counts = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            if limit != "max":
                yield max(0, int(limit) - used + int(counts["inactive_file"]) + int(counts["active_file"]))
        except (OSError, ValueError, KeyError):  # the root has none, and v1 none of them
            continue


def _groups() -> Iterator[Path]:
    try:
        own = next(line[3:] for line in OWN.read_text().splitlines() if line.startswith("0::"))
    except (OSError, StopIteration):
        return
    group = GROUPS / own.lstrip("/")
    yield from (group, *(parent for parent in group.parents if parent.is_relative_to(GROUPS)))
