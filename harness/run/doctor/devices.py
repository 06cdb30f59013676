"""Accelerators, cores and memory of every node, against the cluster's file."""

from collections.abc import Iterator, Sequence

from harness.catalog import accelerators
from harness.files.host import Host
from harness.run.doctor.finding import Finding, error, ok, warning
from harness.spec.cluster import Cluster

CHECK = "accelerators"
CORES, MEMORY = "cores", "host memory"
LESS = 0.95  # of the memory that a file promises: firmware and the kernel keep a little


def check_devices(hosts: Sequence[Host], cluster: Cluster) -> list[Finding]:
    """Findings about `hosts`: as many as the cluster has nodes, each with what the file says of a node."""
    each = [finding for host in hosts for finding in _of_host(host, cluster)]
    return [*_number(hosts, cluster), *each]


def _number(hosts: Sequence[Host], cluster: Cluster) -> Iterator[Finding]:
    if len(hosts) != cluster.nodes:
        yield error(
            "nodes",
            f"the launch had {len(hosts)}, but cluster '{cluster.name}' has {cluster.nodes}",
            "set `nodes` in the cluster's file to what the launcher is given",
        )


def _of_host(host: Host, cluster: Cluster) -> Iterator[Finding]:
    yield _accelerators(host, cluster) if cluster.accelerator == "cuda" else _cores(host, cluster)
    promised = cluster.hardware.host_memory_gb * 1e9 if cluster.hardware else 0
    if host.memory < LESS * promised:
        yield warning(
            MEMORY,
            f"{host.name} has {host.memory / 1e9:.0f} GB, the file says {promised / 1e9:.0f}",
            "set hardware.host_memory_gb to what the node has: plans offload as much as it says",
        )


def _accelerators(host: Host, cluster: Cluster) -> Finding:
    devices, wanted = host.devices or (), cluster.first_device + cluster.processes_per_node
    expected = accelerators.device(cluster.hardware.device) if cluster.hardware else None
    if len(devices) < cluster.processes_per_node:
        says = f"torch finds {len(devices)} on {host.name}, cluster '{cluster.name}' uses {wanted}"
        return error(CHECK, says, "see to the driver (nvidia-smi), or lower processes_per_node in the cluster's file")
    others = sorted({name for name in devices if expected and name not in expected.reported})
    if others:
        says = f"{host.name} has {', '.join(others)}, but hardware.device is '{expected.name if expected else ''}'"
        return warning(CHECK, says, "name the device that is there: memory, rates and placement follow from it")
    return ok(CHECK, f"{len(devices)} x {devices[0]} on {host.name}")


def _cores(host: Host, cluster: Cluster) -> Finding:
    threads = cluster.processes_per_node * cluster.threads_per_process
    if host.cores < threads:
        says = f"{host.name} has {host.cores}, for {threads} threads of the cluster's processes"
        return warning(
            CORES, says, "lower processes_per_node or threads_per_process: threads that wait slow the others"
        )
    return ok(CORES, f"{host.cores} on {host.name}, for {threads} threads")
