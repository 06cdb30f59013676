"""Disks with too little room, and a run folder that cannot be one."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.files.disk import Left, file_system, left
from harness.plan.bill import Storage
from harness.run.doctor.disks import check_promises, check_room
from harness.run.doctor.folder import check_here
from harness.spec.cluster import Hardware

RUNS = Path("/runs")
NEEDED = Storage(bytes=100 * 10**9, weights=90 * 10**9, inodes=50_000)


@pytest.mark.parametrize(
    ("free", "inodes", "level", "says"),
    [
        (500, 10**6, "ok", "/runs has 500 GB free, the sweep still needs 100.0 at its fullest; /runs has 1,000,000"),
        (110, 10**6, "warning", "/runs has 110 GB free, the sweep still needs 100.0 at its fullest"),
        (99, 10**6, "error", "/runs has 99 GB free, the sweep still needs 100.0 at its fullest"),
        (500, 49_000, "error", "/runs has 49,000 inodes free, the sweep still needs 50,000.0 at its fullest"),
        (500, None, "ok", "/runs has 500 GB free"),
    ],
)
def test_a_sweep_must_fit(free: int, inodes: int | None, level: str, says: str) -> None:
    (found,) = check_room(RUNS, Left(free * 10**9, inodes), NEEDED)
    assert found.level == level
    assert found.says.startswith(says)


def test_without_a_sweep_little_room_is_a_warning() -> None:
    found = check_room(RUNS, Left(10**9, 500), None)
    assert [(each.level, each.says) for each in found] == [
        ("warning", "/runs has 1 GB free"),
        ("warning", "/runs has 500 inodes free"),
    ]


def test_less_than_the_file_promises_is_a_warning() -> None:
    hardware = Hardware("cpu", 8.0, nvme_path="/nvme", nvme_gb=1000, disk_gb=500)
    found = list(check_promises(Left(400 * 10**9, None), Left(900 * 10**9, None), hardware))
    assert [each.says for each in found] == [
        "the run folder has 400.0 GB free, hardware.disk_gb says 500",
        "the offload folder has 900.0 GB free, hardware.nvme_gb says 1,000",
    ]
    assert list(check_promises(Left(10**12, None), None, hardware)) == []


def test_a_folder_that_is_written_linked_and_locked_leaves_nothing_behind(tmp_path: Path) -> None:
    assert check_here(tmp_path).level == "ok"
    assert list((tmp_path / ".cache").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error() -> None:
    found = check_here(Path("/proc/runs"))
    assert found.level == "error"
    assert "could not be written" in found.says


def test_a_folder_without_hard_links_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    found = check_here(tmp_path)
    assert (found.level, "no hard links or no locks (Operation not permitted)" in found.says) == ("error", True)


@pytest.mark.parametrize(
    ("options", "fill", "says"),
    [("ro", "", "Read-only file system"), ("size=1m", "head -c 2M /dev/zero > {}/filler;", "No space left on device")],
)
def test_a_really_full_and_a_really_read_only_disk_are_errors(
    tmp_path: Path, options: str, fill: str, says: str
) -> None:
    ask = "import sys, pathlib; from harness.run.doctor.folder import check_here; print(check_here(pathlib.Path({!r})))"
    line = shlex.join([sys.executable, "-c", ask.format(str(tmp_path / "runs"))])
    mount = f"mount -t tmpfs -o {options} tmpfs {tmp_path}; {fill.format(tmp_path)} {line}"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, text=True, check=True)
    assert "level='error'" in done.stdout
    assert says in done.stdout


def test_what_is_left_and_where_a_folder_lies_are_the_systems_own(tmp_path: Path) -> None:
    assert left(tmp_path).free > 0
    assert file_system(Path("/proc/self")) == "proc"
