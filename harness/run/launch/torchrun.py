"""Launch by torchrun, torch's own launcher: one agent on this host starts the worker's processes."""

import sys
from collections.abc import Sequence
from pathlib import Path

from harness.run.child import Command, worker_environment
from harness.spec.cluster import Cluster


def command(folders: Sequence[Path], cluster: Cluster, owner: str) -> Command:
    """The launch that runs the phases in `folders`, in order, on one host; `--standalone` finds a free port itself."""
    agent = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(cluster.processes_per_node)]
    worker = ["-m", "harness.worker", "--owner", owner, *map(str, folders)]
    return Command((sys.executable, *agent, *worker), worker_environment(cluster))
