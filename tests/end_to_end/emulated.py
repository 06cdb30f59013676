"""A real Slurm on one machine: its daemons, with a munge of their own, and two nodes that are both this host."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDS_SLURM = "needs root, slurmctld, slurmd and munged (Debian: apt-get install slurm-wlm munge)"
DAEMONS = ("munged", "slurmctld", "slurmd")
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
SETTINGS = """\
ClusterName=emulated
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmctldPort={controller}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,batch_sched_delay=0
ReturnToService=2
SlurmdTimeout=30
MailProg=/bin/true
KillWait=20
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=4 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=4 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE OverTimeLimit=0 State=UP
"""


def installed() -> bool:
    """Whether it can be run here."""
    return os.getuid() == 0 and all(shutil.which(name, path=PATH) for name in DAEMONS)


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which Slurm's commands find it; skips the test where it is not installed."""
    if not installed():
        pytest.skip(NEEDS_SLURM)
    (folder / "state").mkdir(parents=True)
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    ports = dict(zip(("controller", "first", "second"), _free_ports(3), strict=True))
    (folder / "slurm.conf").write_text(SETTINGS.format(folder=folder, host=socket.gethostname(), **ports))
    environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")}
    files = [
        f"--{name}={folder}/munge.{name.partition('-')[0]}" for name in ("socket", "pid-file", "log-file", "seed-file")
    ]
    commands = [
        ("munged", "--foreground", "--force", f"--key-file={folder}/munge.key", *files),
        ("slurmctld", "-D", "-c"),
        ("slurmd", "-D", "-N", "n1"),
        ("slurmd", "-D", "-N", "n2"),
    ]
    daemons = []
    try:
        for command in commands:
            daemons.append(_started(command, environment, folder))
            time.sleep(0.5)
        _until_idle(environment)
        yield environment
    finally:
        subprocess.run(("scancel", "--user", "root"), env=environment, capture_output=True, check=False, timeout=30)
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()


def _started(command: tuple[str, ...], environment: dict[str, str], folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / f"{command[0]}{command[-1]}.out".replace("/", "_")).open("wb") as output:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)


def _until_idle(environment: dict[str, str]) -> None:
    deadline = time.monotonic() + 30
    said = ""
    while said.split() != ["idle", "idle"]:
        assert time.monotonic() < deadline, f"the nodes did not come up: {said}"
        time.sleep(0.5)
        asked = ("sinfo", "--noheader", "--Node", "--format=%T")
        said = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False).stdout


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
