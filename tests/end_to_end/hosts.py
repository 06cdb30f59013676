"""Two hosts on one machine: network namespaces that a cable joins, each with processes and a network of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

NEEDS_NAMESPACES = "needs network namespaces: root, and a kernel that permits `ip netns add`"
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
NEEDS_SSH = "needs sshd, ssh and pdsh (Debian: apt-get install openssh-server pdsh)"
ADDRESSES = ("10.77.0.1", "10.77.0.2")


@dataclass(frozen=True)
class Hosts:
    """Their names, as `ip netns exec` knows them."""

    names: tuple[str, str]

    @property
    def cluster(self) -> str:
        """The lines of a cluster file that say how they are reached."""
        return f"""\
nodes: 2
hosts: [{", ".join(self.names)}]
addresses: [{", ".join(ADDRESSES)}]
remote_shell: [ip, netns, exec]
network_interface: eth0
"""

    def processes(self, number: int) -> list[psutil.Process]:
        """What runs on one of them."""
        found = subprocess.run(("ip", "netns", "pids", self.names[number]), capture_output=True, text=True, check=True)
        return [psutil.Process(int(pid)) for pid in found.stdout.split()]


def permitted() -> bool:
    """Whether namespaces can be made here."""
    if os.getuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"harness-{uuid4().hex[:6]}"
    made = subprocess.run(("ip", "netns", "add", name), capture_output=True, check=False).returncode == 0
    subprocess.run(("ip", "netns", "delete", name), capture_output=True, check=False)
    return made


def reachable() -> bool:
    """Whether hosts can be reached by ssh, and by pdsh over it."""
    return all(shutil.which(name, path=PATH) for name in ("sshd", "ssh", "ssh-keygen", "pdsh"))


@contextmanager
def two_hosts() -> Iterator[Hosts]:
    """Two hosts, gone when the block ends; skips the test where they are not permitted."""
    if not permitted():
        pytest.skip(NEEDS_NAMESPACES)
    stem = f"harness-{uuid4().hex[:6]}"
    names = (f"{stem}-0", f"{stem}-1")
    try:
        for name in names:
            _ip("netns", "add", name)
        _ip("link", "add", "eth0", "netns", names[0], "type", "veth", "peer", "name", "eth0", "netns", names[1])
        for name, address in zip(names, ADDRESSES, strict=True):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", name, "link", "set", device, "up")
        yield Hosts(names)
    finally:
        for name in names:
            subprocess.run(("ip", "netns", "delete", name), capture_output=True, check=False)


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True)


@contextmanager
def reached_by_ssh(hosts: Hosts, folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which ssh finds both by their addresses without asking; skips the test where it is missing."""
    if not reachable():
        pytest.skip(NEEDS_SSH)
    (folder / "bin").mkdir(parents=True)
    key, known = folder / "key", folder / "known"
    for path in (key, folder / "host_key"):
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path), check=True)
    settings = f"HostKey {folder}/host_key\nAuthorizedKeysFile {key}.pub\nStrictModes no\nPidFile none\n"
    (folder / "sshd_config").write_text(settings)
    known.write_text("".join(f"{one} {(folder / 'host_key.pub').read_text()}" for one in ADDRESSES))
    wrapper = folder / "bin" / "ssh"
    options = f"-F none -i {key} -o UserKnownHostsFile={known} -o BatchMode=yes -o LogLevel=ERROR"
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} {options} "$@"\n')
    wrapper.chmod(0o755)
    Path("/run/sshd").mkdir(exist_ok=True)  # where it keeps its unprivileged half, by Debian's settings
    sshd = (str(shutil.which("sshd", path=PATH)), "-D", "-e", "-f", str(folder / "sshd_config"))
    with (folder / "sshd.log").open("wb") as log:
        daemons = [subprocess.Popen(("ip", "netns", "exec", name, *sshd), stderr=log) for name in hosts.names]
    try:
        yield {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{PATH}"}
    finally:
        for daemon in daemons:
            daemon.terminate()
            daemon.wait(10)
