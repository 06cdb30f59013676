"""Launch by the deepspeed launcher: the same worker, started by DeepSpeed's own runner on each host."""

import os
import sys
from collections.abc import Sequence

from harness.run.child import GRACE, Command, worker_environment
from harness.run.hosts import remote
from harness.run.hosts.agent import free_port
from harness.run.launch import torchrun
from harness.run.scripts import BESIDE
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

# Without --no_local_rank the runner adds an argument of its own to the worker's.
RUNNER = (sys.executable, "-m", "deepspeed.launcher.runner", "--no_local_rank")
HOSTFILE = f"{BESIDE}.hosts"


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """The launch of `worker`, a module and its arguments, on a port that is free now.

    On hosts that are named, each runner is started through the remote shell and told its rank (`--no_ssh`).
    """
    environment = worker_environment(cluster)
    if not cluster.hosts:
        address = ("--master_addr", "127.0.0.1", "--master_port", str(free_port()))
        return Command((*RUNNER, *_processes(cluster), *address, "--module", *worker), environment)
    names = cluster.addresses or cluster.hosts
    where = ("--master_addr", "{address}", "--master_port", "{port}", "--no_ssh", "--node_rank", "{rank}")
    runner = (*RUNNER, "--hostfile", HOSTFILE, *where, *included(cluster, names), "--module", *worker)
    started = remote.command(cluster, runner, sorted(environment), restarts=0)
    return Command(started, environment, {HOSTFILE: hostfile(cluster, names)}, remote.MARGIN + GRACE)


def check(cluster: Cluster) -> None:
    """Raise HarnessError where hosts are not told, or each of several tasks of a Slurm step would launch everything."""
    torchrun.check(cluster)
    tasks = os.environ.get("SLURM_STEP_TASKS_PER_NODE", "1").partition("(")[0]
    if any(number != "1" for number in tasks.split(",")):
        raise HarnessError(
            f"this is one of {tasks} tasks per node of an srun, and each would start all processes; "
            "use `srun --ntasks-per-node=1`, or the launcher slurm"
        )


def hostfile(cluster: Cluster, names: Sequence[str]) -> str:
    """The hosts by these `names`, with the accelerators up to the last that is used."""
    slots = cluster.first_device + cluster.processes_per_node
    return "".join(f"{name} slots={slots}\n" for name in names)


def included(cluster: Cluster, names: Sequence[str]) -> tuple[str, ...]:
    """Which of these are used: the runner names them to the processes itself, whatever the environment says."""
    slots = ",".join(str(cluster.first_device + number) for number in range(cluster.processes_per_node))
    return ("--include", "@".join(f"{name}:{slots}" for name in names))


def _processes(cluster: Cluster) -> list[str]:
    """How many processes; accelerators are named by the environment, which --num_gpus would override by the first."""
    return ["--num_gpus", str(cluster.processes_per_node)] if cluster.accelerator == "cpu" else []
