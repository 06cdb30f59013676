"""Leases: who may take one, and that two contenders never both get it."""

import dataclasses
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.files import processes
from harness.files.atomic import write_json
from harness.files.lease import LONGEST_GAP, TIME_TO_LIVE, Lease, acquire, read_lease, release
from tests.unit.files.lease.clock import Clock

CONTENDER = """
import sys, time
from pathlib import Path
from harness.files.lease import acquire
while time.time() < float(sys.argv[3]):
    pass
print(acquire(Path(sys.argv[1]), sys.argv[2]), flush=True)
sys.stdin.read()
"""


def test_a_live_owner_keeps_its_lease(path: Path, mine: Lease) -> None:
    assert not acquire(path, "other")
    assert read_lease(path) == mine


def test_the_same_owner_takes_it_again_from_another_process(path: Path, mine: Lease) -> None:
    write_json(path, dataclasses.replace(mine, pid=1))
    assert acquire(path, "mine")
    held = read_lease(path)
    assert held
    assert held.pid == os.getpid()


def test_a_dead_owner_on_this_host_is_replaced_at_once(path: Path, mine: Lease) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_json(path, dataclasses.replace(mine, pid=ended.pid, renewed=time.time_ns()))
    assert acquire(path, "other")


def test_a_process_id_that_was_given_to_another_process_does_not_keep_a_lease(path: Path, mine: Lease) -> None:
    write_json(path, dataclasses.replace(mine, process_started=mine.process_started - 100))
    assert acquire(path, "other")


@pytest.mark.parametrize("hours", [-5, 0, 5])
def test_an_owner_on_another_host_is_watched_and_its_clock_does_not_matter(
    path: Path, mine: Lease, clock: Clock, hours: float
) -> None:
    theirs = dataclasses.replace(mine, host="elsewhere", renewed=clock.time_ns() + int(hours * 3600e9))
    for beat in range(10):  # alive: no matter how long it is watched
        write_json(path, dataclasses.replace(theirs, renewed=theirs.renewed + beat))
        clock.elapsed += LONGEST_GAP - 1
        assert not acquire(path, "other")
    for _ in range(4):  # it stands still
        assert not acquire(path, "other")
        clock.elapsed += TIME_TO_LIVE / 4
    assert acquire(path, "other")


def test_after_a_pause_of_the_watcher_the_holder_comes_first(path: Path, mine: Lease, clock: Clock) -> None:
    write_json(path, dataclasses.replace(mine, host="elsewhere"))
    assert not acquire(path, "other")
    clock.elapsed += 3 * TIME_TO_LIVE
    assert not acquire(path, "other")


@pytest.mark.parametrize("hours", [-5, 5])
def test_setting_the_clock_of_a_host_ends_no_lease_on_it(path: Path, mine: Lease, clock: Clock, hours: float) -> None:
    clock.elapsed += 3 * TIME_TO_LIVE
    clock.day += hours * 3600
    assert not acquire(path, "other")
    assert mine.live


def test_hosts_with_one_name_are_told_apart_by_their_tables_of_processes(path: Path) -> None:
    """As containers and machines that are all called localhost: each has a process 1 or 2 of its own."""
    script = f"import time; from pathlib import Path; from harness.files.lease import *; path = Path({str(path)!r})\n"
    script += "assert acquire(path, 'inside')\nwith heartbeat([path], 'inside'): print(flush=True); input()"
    inside = subprocess.Popen(
        ["unshare", "-rpf", "--mount-proc", sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert inside.stdout
    inside.stdout.readline()
    held = read_lease(path)
    assert held
    assert (held.host, held.owner) == (socket.gethostname(), "inside")
    assert held.live  # though no such process is here, or another one
    assert not acquire(path, "outside")
    inside.communicate(b"\n")
    assert inside.returncode == 0


def test_a_holder_that_proc_does_not_show_is_watched(
    path: Path, mine: Lease, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's, where /proc is mounted with hidepid."""

    def not_ours(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(processes, "started", lambda pid: None)
    monkeypatch.setattr(os, "kill", not_ours)
    write_json(path, dataclasses.replace(mine, pid=2**22 + 1))
    for _ in range(4):
        assert not acquire(path, "other")
        clock.elapsed += TIME_TO_LIVE / 4
    assert acquire(path, "other")


def test_a_damaged_lease_keeps_nobody_out(path: Path) -> None:
    path.write_text('{"owner": "mi')
    assert acquire(path, "other")


def test_only_the_owner_gives_a_lease_back(path: Path, mine: Lease) -> None:
    release(path, "other")
    assert read_lease(path) == mine
    release(path, "mine")
    assert not path.exists()


@pytest.mark.parametrize("stale", [False, True])
def test_of_two_contending_processes_exactly_one_gets_the_lease(path: Path, mine: Lease, stale: bool) -> None:
    if stale:
        write_json(path, dataclasses.replace(mine, process_started=mine.process_started - 100))
    else:
        release(path, "mine")
    start = str(time.time() + 2)
    contenders = [
        subprocess.Popen(
            [sys.executable, "-c", CONTENDER, str(path), name, start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    answers = [contender.stdout.readline().strip() for contender in contenders if contender.stdout]
    for contender in contenders:
        contender.communicate()
    assert sorted(answers) == ["False", "True"]
