"""Leases: who may take one, and that two contenders never both get it."""

import dataclasses
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.files import lease as leases
from harness.files.atomic import write_json
from harness.files.lease import TIME_TO_LIVE, Lease, acquire, heartbeat, read_lease, release

CONTENDER = """
import sys, time
from pathlib import Path
from harness.files.lease import acquire
while time.time() < float(sys.argv[3]):
    pass
print(acquire(Path(sys.argv[1]), sys.argv[2]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lease.json"


@pytest.fixture
def mine(path: Path) -> Lease:
    assert acquire(path, "mine")
    held = read_lease(path)
    assert held
    return held


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
    write_json(path, dataclasses.replace(mine, pid=ended.pid, renewed=time.time()))
    assert acquire(path, "other")


def test_a_process_id_that_was_given_to_another_process_does_not_keep_a_lease(path: Path, mine: Lease) -> None:
    write_json(path, dataclasses.replace(mine, process_started=mine.process_started - 100))
    assert acquire(path, "other")


@pytest.mark.parametrize(("age", "taken"), [(TIME_TO_LIVE / 2, False), (TIME_TO_LIVE * 2, True)])
def test_an_owner_on_another_host_is_judged_by_its_heartbeat(path: Path, mine: Lease, age: float, taken: bool) -> None:
    write_json(path, dataclasses.replace(mine, host=f"not-{socket.gethostname()}", renewed=time.time() - age))
    assert acquire(path, "other") is taken


def test_a_damaged_lease_keeps_nobody_out(path: Path) -> None:
    path.write_text('{"owner": "mi')
    assert acquire(path, "other")


def test_only_the_owner_gives_a_lease_back(path: Path, mine: Lease) -> None:
    release(path, "other")
    assert read_lease(path) == mine
    release(path, "mine")
    assert not path.exists()


def test_the_heartbeat_renews_and_leaves_other_owners_alone(
    path: Path, mine: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT", 0.02)
    other = path.with_name("other.json")
    acquire(other, "other")
    theirs = read_lease(other)
    with heartbeat([path, other], "mine"):
        time.sleep(0.3)
    renewed = read_lease(path)
    assert renewed
    assert renewed.renewed > mine.renewed
    assert read_lease(other) == theirs


def test_the_heartbeat_takes_over_from_a_dead_process_of_the_same_owner(
    path: Path, mine: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT", 0.02)
    write_json(path, dataclasses.replace(mine, process_started=mine.process_started - 100))
    with heartbeat([path], "mine"):
        time.sleep(0.3)
    held = read_lease(path)
    assert held
    assert held.live


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
