"""Launch by Slurm: a batch script with torchrun on each node, submitted and followed by a child process."""

import sys
from collections.abc import Sequence

from harness.run.child import Command
from harness.run.schedulers.slurm_script import SCRIPT, batch
from harness.spec.cluster import Cluster

GRACE = 90.0  # seconds: a script that takes too long cancels its job after 30 s, and Slurm looks now and then


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """The launch of `worker`, a module and its arguments, as one job on as many nodes as `cluster` has."""
    most = cluster.slurm.max_submitted
    limit = ("--max-submitted", str(most)) if most else ()
    owner = ("--owner", worker[worker.index("--owner") + 1]) if "--owner" in worker else ()
    words = (sys.executable, "-m", "harness.run.schedulers.slurm_job", *limit, *owner, SCRIPT)
    return Command(words, {}, {SCRIPT: batch([worker], cluster)}, GRACE)


def check(cluster: Cluster) -> None:
    """Slurm itself says what it refuses, when a job is submitted."""
