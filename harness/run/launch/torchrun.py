"""Launch by torchrun, torch's own launcher: one agent on this host starts the worker's processes."""

import sys
from collections.abc import Sequence

from harness.run.child import Command, worker_environment
from harness.spec.cluster import Cluster


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """The launch of `worker`, a module and its arguments, on one host; `--standalone` finds a free port itself."""
    agent = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(cluster.processes_per_node)]
    return Command((sys.executable, *agent, "-m", *worker), worker_environment(cluster))
