"""Launch by the deepspeed launcher: the same worker, started by DeepSpeed's own runner."""

import socket
import sys
from collections.abc import Sequence

from harness.run.child import Command, worker_environment
from harness.spec.cluster import Cluster


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """The launch of `worker`, a module and its arguments, on one host and on a port that is free now."""
    runner = ["-m", "deepspeed.launcher.runner", *_processes(cluster)]
    # Without --no_local_rank the runner adds an argument of its own to the worker's.
    address = ["--master_addr", "127.0.0.1", "--master_port", str(_free_port()), "--no_local_rank"]
    return Command((sys.executable, *runner, *address, "--module", *worker), worker_environment(cluster))


def _processes(cluster: Cluster) -> list[str]:
    """How many processes; accelerators are named by the environment, which --num_gpus would override by the first."""
    return ["--num_gpus", str(cluster.processes_per_node)] if cluster.accelerator == "cpu" else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
