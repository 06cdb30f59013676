"""Tools: what compiles is there where anything has to be compiled."""

from collections.abc import Sequence

from harness.files.host import Host
from harness.run.doctor.finding import Finding, error, listed, ok, warning
from harness.spec.cluster import Cluster

CHECK = "compiler"
PACKAGES = {"C++ compiler": "g++ (Debian: build-essential), or set CXX to one", "ninja": "ninja"}


def check_tools(hosts: Sequence[Host], cluster: Cluster) -> list[Finding]:
    """Findings about compilers: of what we use of DeepSpeed, its extension for NVMe alone is built on first use."""
    offloads = cluster.hardware is not None and cluster.hardware.nvme_path is not None
    found = []
    for tool, package in PACKAGES.items():
        lacking = [host.name for host in hosts if not host.tools.get(tool)]
        if lacking:
            says = f"no {tool} on PATH of {listed(lacking)}; offloading to NVMe compiles"
            made = error if offloads else warning
            found.append(made(CHECK, says, f"install {package}, on every node"))
    return found or [ok(CHECK, ", ".join(str(path) for path in hosts[0].tools.values()))]
