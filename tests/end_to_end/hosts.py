"""Two hosts on one machine: network namespaces that a cable joins, each with processes and a network of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psutil
import pytest

NEEDS_NAMESPACES = "needs network namespaces: root, and a kernel that permits `ip netns add`"
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
