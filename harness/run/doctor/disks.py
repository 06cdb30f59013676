"""Disks: whether what a sweep leaves fits into the run folder, and what is offloaded into its folder."""

from collections.abc import Iterator
from pathlib import Path

from harness.files.disk import Left
from harness.plan.bill import Storage
from harness.run.doctor.finding import Finding, error, ok, warning
from harness.spec.cluster import Hardware

CHECK = "disk"
LITTLE, FEW = 5e9, 10_000  # bytes and inodes under which a run folder of which nothing is known is told
MORE = 1.2  # times what is needed: others may write to the same disk
ROOM = "make room, name another folder with --runs, or keep less (`harness gc`, `keep: needed`, LoRA)"


def check_room(runs: Path, left: Left, needed: Storage | None) -> list[Finding]:
    """Findings about what is `left` in `runs`, for what a sweep still needs at its fullest, None without a sweep."""
    wanted = [("GB", 1e9, left.free, needed.bytes if needed else None, LITTLE)]
    if left.inodes is not None:
        wanted.append(("inodes", 1, left.inodes, needed.inodes if needed else None, FEW))
    each = [_judged(runs, *row) for row in wanted]
    return [finding for finding in each if finding.level != "ok"] or [ok(CHECK, "; ".join(one.says for one in each))]


def check_promises(runs: Left, offload: Left | None, hardware: Hardware | None) -> Iterator[Finding]:
    """Findings where disks have less than the cluster's file says."""
    promised = [
        ("run folder", "disk_gb", runs, hardware.disk_gb if hardware else None),
        ("offload folder", "nvme_gb", offload, hardware.nvme_gb if hardware else None),
    ]
    for name, key, left, size in promised:
        if left and size and left.free < size * 1e9:
            says = f"the {name} has {left.free / 1e9:,.1f} GB free, hardware.{key} says {size:,g}"
            yield warning(CHECK, says, f"make room, or lower hardware.{key}: plans fill as much as it says")


def _judged(runs: Path, unit: str, size: float, free: int, needed: int | None, little: float) -> Finding:
    said = f"{runs} has {free / size:,.0f} {unit} free"
    if needed is None:
        return warning(CHECK, said, ROOM) if free < little else ok(CHECK, said)
    said = f"{said}, the sweep still needs {needed / size:,.1f} at its fullest"
    if free < needed:
        return error(CHECK, said, ROOM)
    return warning(CHECK, said, ROOM) if free < MORE * needed else ok(CHECK, said)
