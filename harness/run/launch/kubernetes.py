"""Launch on Kubernetes: a manifest for JobSet or Kubeflow Trainer, applied and followed by a child process."""

import sys
from collections.abc import Sequence
from uuid import uuid4

from harness.run.child import Command
from harness.run.schedulers.kubernetes_manifest import MANIFEST, manifest, section
from harness.run.scripts import without_owner
from harness.spec.cluster import Cluster

GRACE = 90.0  # seconds: pods are killed after 30 s, and their server is asked now and then


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """The launch of `worker`, a module and its arguments, as one object with as many pods as `cluster` has nodes."""
    made = manifest(f"harness-{uuid4().hex[:10]}", without_owner(worker), cluster)
    owner = ("--owner", worker[worker.index("--owner") + 1]) if "--owner" in worker else ()
    words = (sys.executable, "-m", "harness.run.schedulers.kubernetes_job", *owner, MANIFEST)
    return Command(words, {}, {MANIFEST: made}, GRACE)


def check(cluster: Cluster) -> None:
    """Raise HarnessError where the cluster says nothing of Kubernetes."""
    section(cluster)
