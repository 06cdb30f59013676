"""Leases: who may take one, and that two contenders never both get it."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.files import lease as leases
from harness.files import processes
from harness.files.atomic import write_json
from harness.files.lease import LONGEST_GAP, TIME_TO_LIVE, Lease, acquire, confirm, heartbeat, read_lease, release

CONTENDER = """
import sys, time
from pathlib import Path
from harness.files.lease import acquire
while time.time() < float(sys.argv[3]):
    pass
print(acquire(Path(sys.argv[1]), sys.argv[2]), flush=True)
sys.stdin.read()
"""

SUSPENDED = """
import os, sys, time
from pathlib import Path
from harness.files import lease
lease.HEARTBEAT = 0.05
def lost(sentence):
    print(sentence, flush=True)
    os._exit(1)
path = Path(sys.argv[1])
assert lease.acquire(path, "suspended")
with lease.heartbeat([path], "suspended", lost):
    print(flush=True)
    time.sleep(60)
"""


@dataclasses.dataclass
class Clock:
    """Time as the module sees it: seconds since some beginning, and seconds by which the day was set."""

    elapsed: float = 0.0
    day: float = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    def time(self) -> float:
        return time.time() + self.elapsed + self.day

    def time_ns(self) -> int:
        return int(self.time() * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(leases, "time", made)
    return made


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
    write_json(path, dataclasses.replace(mine, process_started=mine.process_started - 100, grant="its own"))
    with heartbeat([path], "mine"):
        time.sleep(0.3)
    held = read_lease(path)
    assert held
    assert held.live


def test_who_was_suspended_and_lost_its_lease_ends_and_touches_nothing(path: Path, clock: Clock) -> None:
    """As a machine that stood still: the heartbeats of all its threads with it."""
    worker = subprocess.Popen([sys.executable, "-c", SUSPENDED, str(path)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout
    worker.stdout.readline()
    worker.send_signal(signal.SIGSTOP)
    held = read_lease(path)
    assert held
    assert not acquire(path, "other")  # on its own host a process that stands still is waited for
    write_json(path, dataclasses.replace(held, host="elsewhere", processes="of elsewhere"))
    for _ in range(4):
        assert not acquire(path, "other")
        clock.elapsed += TIME_TO_LIVE / 4
    assert acquire(path, "other")
    taken = path.read_text()
    worker.send_signal(signal.SIGCONT)
    said, _ = worker.communicate(timeout=30)
    assert worker.returncode == 1
    assert f"the lease was taken over by other (process {os.getpid()} on {socket.gethostname()})" in said
    assert path.read_text() == taken


def test_a_lease_that_went_astray_is_taken_again_and_another_owners_is_not(path: Path, mine: Lease) -> None:
    said: list[str] = []
    for damage in (path.unlink, lambda: path.write_text('{"owner": "mi')):
        damage()
        confirm(path, "mine", said.append)
        held = read_lease(path)
        assert held
        assert held.owner == "mine"
    assert said == []
    write_json(path, dataclasses.replace(mine, owner="other"))
    confirm(path, "mine", said.append)
    assert "taken over by other" in said[0]


def test_a_renewal_that_comes_late_does_not_replace_what_a_contender_put_there(path: Path, mine: Lease) -> None:
    other = dataclasses.replace(mine, owner="other", grant="its own")
    write_json(path, other)
    leases._overwrite(path, mine)  # it had read its own lease before it stood still
    assert read_lease(path) == other


def test_a_full_disk_does_not_end_a_lease(tmp_path: Path) -> None:
    script = f"""
import time
from pathlib import Path
from harness.files import lease
lease.HEARTBEAT = 0.02
path = Path({str(tmp_path)!r}) / "lease.json"
assert lease.acquire(path, "mine")
before = lease.read_lease(path).renewed
try:
    with (path.parent / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
except OSError as error:
    print(error.strerror)
with lease.heartbeat([path], "mine"):
    time.sleep(0.3)
print(lease.read_lease(path).renewed > before)
"""
    mounted = f'mount -t tmpfs -o size=1m none {tmp_path} && exec "$0" -c "$1"'
    line = ["unshare", "-rm", "sh", "-c", mounted, sys.executable, script]
    ended = subprocess.run(line, check=False, capture_output=True, text=True, timeout=60)
    assert ended.stdout == "No space left on device\nTrue\n", ended.stderr


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


def test_a_later_launch_of_the_same_owner_has_the_lease_for_itself(tmp_path: Path) -> None:
    """As where a host was cut off, its launch was begun again elsewhere, and the host comes back."""
    path = tmp_path / "lease.json"
    assert acquire(path, "mine")
    said: list[str] = []
    confirm(path, "mine", said.append)
    assert said == []
    later = f"from pathlib import Path; from harness.files.lease import acquire; acquire(Path({str(path)!r}), 'mine')"
    subprocess.run([sys.executable, "-c", later], check=True)
    confirm(path, "mine", said.append)
    assert "which does this work now" in said[0]
