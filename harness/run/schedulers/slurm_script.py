"""The batch script of a Slurm job: one launch, or an array of launches of one shape; to be read and submitted by hand.

torchrun starts the worker, one agent on each node. Some seconds before the wall-time limit the job is asked to write a
checkpoint and is queued again; submitted anew it goes on from there, too.
"""

import shlex
import sys
from collections.abc import Iterator, Sequence

from harness.run.child import worker_environment
from harness.run.hosts.agent import REQUEUE
from harness.run.hosts.elastic import PATIENT, SETTINGS
from harness.run.scripts import BESIDE, PATH, RUNS, exported, laid_out
from harness.spec.cluster import Cluster
from harness.spec.scheduler import Container

SCRIPT = f"{BESIDE}.sbatch"

HEAD = """\
#!/usr/bin/env bash
{options}
# By hand: sbatch {script}
# Submitted again, or queued again by Slurm, it goes on from the last checkpoint; what is finished is not run again.
cd {runs} || exit
{prologue}set -uo pipefail
{environment}
owner=${{1:-slurm-$SLURM_JOB_ID}} # who holds the leases: the command that submitted it, or this job
{worker}
"""
PLACES = """\
first=$(hostname) # a batch script runs on the first node, where the agents meet
port=$((20000 + (SLURM_JOB_ID + 997 * ${SLURM_RESTART_COUNT:-0}) % 12000))
"""
STEP = """\

asked= step=
ask() {{
  [ "$asked" = end ] || asked=$1
  [ -z "$step" ] || kill -USR1 "$step" 2> /dev/null # srun passes it on to every process; at SIGTERM it would kill them
}}
trap 'ask requeue' USR1 # sent {seconds} s before the wall-time limit
trap 'ask end; (sleep {grace}; scancel "$SLURM_JOB_ID") &' TERM

{srun} &
step=$!
[ -z "$asked" ] || kill -USR1 "$step"

wait "$step"
code=$?
while kill -0 "$step" 2> /dev/null; do # a signal to this script ends the waiting, not the step
  wait "$step"
  code=$?
done
if [ -n "$asked" ]; then
  wait "$step" 2> /dev/null
  last=$?
  [ "$last" = 127 ] || code=$last # 127: the code above is the step's own
  [ "$code" -le 128 ] || code={requeue}
fi
# Unasked it may be the code of a node whose peer failed: srun asks the others to end, and gives the highest of all.
if [ "$code" = {requeue} ] && [ "$asked" = requeue ]; then
  echo "harness: interrupted; job $SLURM_JOB_ID is queued again and goes on from its last checkpoint"
  scontrol requeue "$SLURM_JOB_ID" && sleep 60 # Slurm ends this script
fi
exit "$code"
"""


def batch(workers: Sequence[Sequence[str]], cluster: Cluster) -> str:
    """The script that starts one of `workers`, each a module and its arguments: of several, by array index."""
    slurm = cluster.slurm
    environment = worker_environment(cluster, elsewhere=True)
    options = "\n".join(f"#SBATCH {option}" for option in _options(cluster, len(workers) > 1))
    head = HEAD.format(
        options=options,
        script=SCRIPT,
        runs=RUNS,
        prologue="".join(f"{line}\n" for line in slurm.prologue),
        environment=("" if slurm.container else PATH) + exported({**environment, **SETTINGS}),
        worker=_chosen(workers),
    )
    step = STEP.format(seconds=slurm.signal_seconds, grace=cluster.grace_s + 30, requeue=REQUEUE, srun=_srun(cluster))
    return head + (PLACES if cluster.nodes > 1 else "") + step


def _options(cluster: Cluster, several: bool) -> Iterator[str]:
    slurm, processes = cluster.slurm, cluster.processes_per_node
    yield f"--job-name=harness-{cluster.name}"
    yield f"--nodes={cluster.nodes}"
    yield "--ntasks-per-node=1"  # torchrun starts the processes
    yield f"--cpus-per-task={processes * cluster.threads_per_process}"
    if cluster.accelerator == "cuda":
        yield f"--gpus-per-node={processes}"
    for name in ("partition", "account", "qos", "constraint", "time"):
        if (said := getattr(slurm, name)) is not None:
            yield f"--{name}={shlex.quote(said)}"
    yield f"--signal=B:USR1@{slurm.signal_seconds}"
    yield "--requeue"
    yield "--open-mode=append"
    yield f"--output={BESIDE}{'-%a' if several else ''}.out"
    yield from slurm.lines


def _chosen(workers: Sequence[Sequence[str]]) -> str:
    """The worker and its arguments as an array of the shell; the owner is the job's."""
    if len(workers) == 1:
        return f"worker=({_worker(workers[0])})"
    cases = (f"  {index}) worker=({_worker(worker)}) ;;" for index, worker in enumerate(workers))
    return "\n".join(('case "$SLURM_ARRAY_TASK_ID" in', *cases, "esac"))


def _worker(words: Sequence[str]) -> str:
    if "--owner" not in words:
        return shlex.join(words)
    owner = words.index("--owner") + 1
    before, after = (shlex.join(part) for part in (words[:owner], words[owner + 1 :]))
    return f'{before} "$owner" {after}'


def _srun(cluster: Cluster) -> str:
    """The step: on each node an agent, which says when it ended because it was asked to."""
    container = cluster.slurm.container
    python = container.python if container else sys.executable
    agent = (python, "-m", "harness.run.hosts.agent", python, "-m", "torch.distributed.run")
    processes = ("--nproc-per-node", str(cluster.processes_per_node))
    # A step does not take the number of cores from its job (since Slurm 22.05).
    cores = f"--cpus-per-task={cluster.processes_per_node * cluster.threads_per_process}"
    # The first process writes the last record after the others have left, and removes checkpoints: --wait is for that.
    step = ("srun", "--wait=600", "--kill-on-bad-exit=1", cores, *_contained(container, cluster))
    if cluster.nodes == 1:
        return laid_out((*step, *agent, "--standalone", *processes)) + ' \\\n  -m "${worker[@]}"'
    # Each agent asks its own node's number whether it is the first.
    meeting = f"is_host=$((SLURM_NODEID == 0)),{PATIENT}"
    where = f'--rdzv-backend c10d --rdzv-endpoint "$0" --rdzv-id "$SLURM_JOB_ID" --rdzv-conf {meeting}'
    asked = (
        f'exec {laid_out((*agent, "--nnodes", str(cluster.nodes), *processes), "    ")} \\\n    {where} \\\n    -m "$@"'
    )
    return f'{laid_out(step)} \\\n  bash -c {shlex.quote(asked)} "$first:$port" "${{worker[@]}}"'


def _contained(container: Container | None, cluster: Cluster) -> tuple[str, ...]:
    if container is None:
        return ()
    folders = (RUNS, *container.binds)
    if container.runtime == "enroot":
        mounts = ",".join(f"{folder}:{folder}" for folder in folders)
        return (f"--container-image={container.image}", f"--container-mounts={mounts}")
    accelerators = ("--nv",) if cluster.accelerator == "cuda" else ()
    return ("apptainer", "exec", *accelerators, "--bind", ",".join(folders), container.image)
