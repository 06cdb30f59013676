"""A lease that is held: renewed, confirmed, lost to others."""

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
from harness.files.atomic import write_json
from harness.files.lease import TIME_TO_LIVE, Lease, acquire, confirm, heartbeat, read_lease
from tests.unit.files.lease.clock import Clock

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
