"""Launch by torchrun, torch's own launcher: one agent on each host starts the worker's processes there."""

import sys
from collections.abc import Sequence
from uuid import uuid4

from harness.run.child import GRACE, Command, devices, worker_environment
from harness.run.hosts import remote
from harness.run.hosts.elastic import PATIENT, RESTARTS, SETTINGS
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

AGENT = (sys.executable, "-m", "torch.distributed.run")


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """The launch of `worker`, a module and its arguments.

    On this host `--standalone` finds a free port itself. On hosts that are named, agents meet at the first, by c10d.
    """
    environment = {**worker_environment(cluster), **SETTINGS}
    processes = ("--nproc-per-node", str(cluster.processes_per_node))
    if not cluster.hosts:
        return Command((*AGENT, "--standalone", *processes, "-m", *worker), environment)
    agent = (*AGENT, "--nnodes", str(cluster.nodes), *processes, *_rendezvous(), "-m", *worker)
    return Command(
        remote.command(cluster, agent, sorted(environment), RESTARTS), environment, grace=remote.MARGIN + GRACE
    )


def check(cluster: Cluster) -> None:
    """Raise HarnessError where `cluster` has nodes that nothing tells how to reach, or too few accelerators here."""
    if cluster.nodes > 1 and not cluster.hosts:
        raise HarnessError(
            f"cluster '{cluster.name}': {cluster.nodes} nodes, but no hosts; name them with `hosts` in its file, "
            "or use the launcher slurm or kubernetes"
        )
    if cluster.accelerator == "cuda":
        devices(cluster)  # of the whole cluster: a share may find its own where another finds too few


def _rendezvous() -> tuple[str, ...]:
    """At the first host, which must be told that it is: it may know itself by another name."""
    where = (
        "--rdzv-backend",
        "c10d",
        "--rdzv-endpoint",
        "{address}:{port}",
        "--rdzv-conf",
        f"is_host={{first}},{PATIENT}",
    )
    # Without an address of its own a host gives its name, which it may resolve to 127.0.0.1.
    return (*where, "--rdzv-id", uuid4().hex[:12], "--local-addr", "{own_address}", "--max-restarts", str(RESTARTS))
