"""Slurm: whether the allocation that this command runs in suits a launcher that starts the processes itself."""

from collections.abc import Iterator, Mapping

from harness.run.doctor.finding import Finding, error, ok, warning
from harness.spec.cluster import Cluster

CHECK = "Slurm"


def check_slurm(environment: Mapping[str, str], cluster: Cluster) -> list[Finding]:
    """Findings about the job in whose `environment` this is, nothing outside of one."""
    if "SLURM_JOB_ID" not in environment:
        return []
    found = [*_tasks(environment, cluster), *_resources(environment, cluster)]
    return found or [ok(CHECK, f"job {environment['SLURM_JOB_ID']} suits cluster '{cluster.name}'")]


def _tasks(environment: Mapping[str, str], cluster: Cluster) -> Iterator[Finding]:
    """One task a node: torchrun's and DeepSpeed's runners start a node's processes themselves, as often as they run."""
    tasks = most(environment.get("SLURM_STEP_TASKS_PER_NODE", ""))
    if "SLURM_STEP_ID" in environment and tasks is not None and tasks > 1:
        yield error(
            CHECK,
            f"the step has {tasks} tasks on a node, and the launcher '{cluster.launcher}' would be started by each",
            "srun --ntasks-per-node=1: the launcher starts a node's processes itself",
        )


def _resources(environment: Mapping[str, str], cluster: Cluster) -> Iterator[Finding]:
    threads = cluster.processes_per_node * cluster.threads_per_process
    wanted = [
        ("SLURM_JOB_NUM_NODES", "nodes", cluster.nodes, f"--nodes={cluster.nodes}, or another `nodes` in the file"),
        ("SLURM_CPUS_PER_TASK", "cores a task", threads, f"--cpus-per-task={threads}"),
    ]
    if cluster.accelerator == "cuda":
        number = cluster.first_device + cluster.processes_per_node
        wanted.append(("SLURM_GPUS_ON_NODE", "accelerators on a node", number, f"--gpus-per-node={number}"))
    for variable, what, number, remedy in wanted:
        given = most(environment.get(variable, ""))
        if given is not None and given < number:
            made = warning if variable == "SLURM_CPUS_PER_TASK" else error
            yield made(CHECK, f"the job has {given} {what}, cluster '{cluster.name}' uses {number}", remedy)


def most(told: str) -> int | None:
    """The largest number of what Slurm tells of nodes, such as `2(x3),1`; None where it tells nothing of the kind."""
    counts = [part.partition("(")[0] for part in told.split(",")]
    return max((int(count) for count in counts if count.isdecimal()), default=None)
