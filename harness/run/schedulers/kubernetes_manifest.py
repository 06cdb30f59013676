"""The manifest of a launch on Kubernetes, for an operator that is there: JobSet, or Kubeflow Trainer.

JobSet: jobset.x-k8s.io/v1alpha2. Trainer: trainer.kubeflow.org/v1alpha1 as of 2.2, which has `runtimePatches` where
2.0 and 2.1 had `podTemplateOverrides`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from harness.run.child import worker_environment
from harness.run.hosts.elastic import SETTINGS
from harness.run.scripts import BESIDE, RUNS
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.scheduler import Kubernetes

MANIFEST = f"{BESIDE}.yaml"
PORT = 29500  # each pod has an address of its own
NODE, VOLUME, SHARED = "node", "runs", "shared-memory"
HEAD = """\
# By hand: kubectl apply -f {manifest}
# Applied again after `kubectl delete`, it goes on from the last checkpoint; what is finished is not run again.
"""
Plain = dict[str, Any]


def section(cluster: Cluster) -> Kubernetes:
    """What the cluster says of Kubernetes; raises HarnessError where it says nothing."""
    if cluster.kubernetes is None:
        raise HarnessError(f"cluster '{cluster.name}': no `kubernetes` section; give its image and volume claim")
    return cluster.kubernetes


def manifest(name: str, worker: Sequence[str], cluster: Cluster) -> str:
    """The manifest, called `name`, that starts `worker`, a module and its arguments, on as many pods as nodes."""
    make = {"jobset": _job_set, "trainer": _train_job}[section(cluster).operator]
    text: str = yaml.safe_dump(make(name, worker, cluster), sort_keys=False, width=1000)
    return HEAD.format(manifest=MANIFEST) + text


def _job_set(name: str, worker: Sequence[str], cluster: Cluster) -> Plain:
    said = section(cluster)
    meeting = [
        f"--nnodes={cluster.nodes}",
        f"--nproc-per-node={cluster.processes_per_node}",
        "--node-rank=$(NODE_RANK)",
        f"--master-addr={name}-{NODE}-0-0.{name}",
        f"--master-port={PORT}",
    ]
    rank = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    container = {
        "name": NODE,
        "image": said.image,
        "workingDir": RUNS,
        "command": [*_agent(said), *(meeting if cluster.nodes > 1 else ["--standalone", meeting[1]]), "-m", *worker],
        "env": [{"name": "NODE_RANK", "valueFrom": {"fieldRef": {"fieldPath": rank}}}, *_environment(cluster)],
        "resources": _resources(cluster),
        "volumeMounts": _mounts(said),
    }
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": cluster.grace_s + 30}
    job = {"parallelism": cluster.nodes, "completions": cluster.nodes, "completionMode": "Indexed", "backoffLimit": 0}
    template = {"spec": {**pod, **_account(said), "containers": [container], "volumes": _volumes(said)}}
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": name, "namespace": said.namespace},
        "spec": {
            # A pod asks for the first one's address before that is ready.
            "network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
            "failurePolicy": {"maxRestarts": said.restarts},
            "replicatedJobs": [{"name": NODE, "replicas": 1, "template": {"spec": {**job, "template": template}}}],
        },
    }


def _train_job(name: str, worker: Sequence[str], cluster: Cluster) -> Plain:
    """Nodes, ranks and the address of the first reach torchrun as PET_ variables that the operator sets."""
    said = section(cluster)
    container = {"name": NODE, "volumeMounts": _mounts(said)}
    pod = {**_account(said), "containers": [container], "volumes": _volumes(said)}
    patched = {"replicatedJobs": [{"name": NODE, "template": {"spec": {"template": {"spec": pod}}}}]}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": said.namespace},
        "spec": {
            "runtimeRef": {"name": said.runtime},
            "trainer": {
                "image": said.image,
                "command": [*_agent(said), "-m", *worker],
                "env": _environment(cluster),
                "numNodes": cluster.nodes,
                "numProcPerNode": cluster.processes_per_node,
                "resourcesPerNode": _resources(cluster),
            },
            "runtimePatches": [{"manager": "harness/launch", "trainingRuntimeSpec": {"template": {"spec": patched}}}],
        },
    }


def _agent(said: Kubernetes) -> list[str]:
    """A pod is asked to end by a signal to its first process."""
    return [said.python, "-m", "harness.run.hosts.agent", said.python, "-m", "torch.distributed.run"]


def _environment(cluster: Cluster) -> list[Plain]:
    """What the worker needs; secrets by their names alone. Which accelerators there are is the pod's own matter."""
    variables = {**worker_environment(cluster, elsewhere=True), **SETTINGS}
    plain = [{"name": name, "value": text} for name, text in sorted(variables.items())]
    secrets = section(cluster).secrets
    named = [{"name": one.variable, "valueFrom": {"secretKeyRef": _entry(one.name, one.key)}} for one in secrets]
    return [*plain, *named]


def _entry(name: str, key: str) -> Mapping[str, str]:
    return {"name": name, "key": key}


def _resources(cluster: Cluster) -> Plain:
    said = section(cluster)
    limits: Plain = {"cpu": str(cluster.processes_per_node * cluster.threads_per_process)}
    if cluster.accelerator == "cuda":
        limits["nvidia.com/gpu"] = str(cluster.processes_per_node)
    if said.memory:
        limits["memory"] = said.memory
    return {"requests": limits, "limits": dict(limits)}


def _mounts(said: Kubernetes) -> list[Plain]:
    """NCCL's processes of a pod speak through shared memory, of which a pod has 64 MiB unless more is mounted."""
    return [{"name": VOLUME, "mountPath": said.mount or RUNS}, {"name": SHARED, "mountPath": "/dev/shm"}]


def _volumes(said: Kubernetes) -> list[Plain]:
    claim = {"name": VOLUME, "persistentVolumeClaim": {"claimName": said.claim}}
    return [claim, {"name": SHARED, "emptyDir": {"medium": "Memory"}}]


def _account(said: Kubernetes) -> Plain:
    return {"serviceAccountName": said.service_account} if said.service_account else {}
