"""Kubernetes: manifests of both operators; a launch applied, followed and deleted, with a kubectl that is played."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.run.launch import kubernetes
from harness.run.scripts import left
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml

WORKER = ("harness.worker", "--owner", "me", "/runs/a")
TEXT = """
name: k
accelerator: cuda
launcher: kubernetes
nodes: {nodes}
processes_per_node: 8
threads_per_process: 4
kubernetes:
  image: registry.local/harness:1
  claim: study
  mount: /claim
  operator: {operator}
  namespace: team
  service_account: trainer
  memory: 900Gi
  secrets: [{{variable: HF_TOKEN, name: hub, key: token}}]
"""
# A server of one object: `status` is what its condition is, `pods` its pods; every call is written down.
KUBECTL = """#!/bin/sh
cd {folder}
echo "$@" >> calls
case " $* " in
  *" apply "*) cat > applied; touch object; cat refuse >&2 2> /dev/null && exit 1; exit 0 ;;
  *" delete "*) rm object ;;
  *" pods "*) cat pods 2> /dev/null || echo '{{"items": []}}' ;;
  *" get "*) test -e object || {{ echo 'Error from server (NotFound)' >&2; exit 1; }}; cat status ;;
  *" logs "*) echo "[pod/node-0] $(cat said)"; exec sleep 600 ;;
esac
"""
Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a kubectl that is played keeps what it is told."""
    folder = tmp_path / "server"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "kubectl").write_text(KUBECTL.format(folder=folder))
    (folder / "bin" / "kubectl").chmod(0o755)
    (folder / "said").write_text("step 1")
    condition(folder, "Running")
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return folder


def condition(server: Path, kind: str) -> None:
    found = {"status": {"conditions": [{"type": kind, "status": "True"}]}}
    (server / "status.new").write_text(json.dumps(found))
    (server / "status.new").rename(server / "status")


def cluster(operator: str = "jobset", nodes: int = 2) -> Cluster:
    made: Cluster = from_yaml(Cluster, TEXT.format(operator=operator, nodes=nodes), "k.yaml")
    return made


def launched(tmp_path: Path) -> "subprocess.Popen[str]":
    command = left(kubernetes.command(WORKER, cluster()), tmp_path, "one")
    return subprocess.Popen(command.arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def written(tmp_path: Path, made: Cluster) -> dict[str, Any]:
    left(kubernetes.command(WORKER, made), tmp_path, "one")
    found: dict[str, Any] = yaml.safe_load((tmp_path / "launches" / "one.yaml").read_text())
    return found


def test_a_job_set_has_a_pod_for_each_node(tmp_path: Path) -> None:
    made = written(tmp_path, cluster())
    name = made["metadata"]["name"]
    assert (made["apiVersion"], made["kind"]) == ("jobset.x-k8s.io/v1alpha2", "JobSet")
    assert len(name) < 40
    assert made["spec"]["failurePolicy"] == {"maxRestarts": 3}
    (replicated,) = made["spec"]["replicatedJobs"]
    job = replicated["template"]["spec"]
    assert (job["parallelism"], job["completions"], job["completionMode"], job["backoffLimit"]) == (2, 2, "Indexed", 0)
    pod = job["template"]["spec"]
    assert pod["serviceAccountName"] == "trainer"
    assert pod["terminationGracePeriodSeconds"] == 90
    (container,) = pod["containers"]
    assert container["command"] == [
        *("python3", "-m", "harness.run.hosts.agent", "python3", "-m", "torch.distributed.run"),
        *("--nnodes=2", "--nproc-per-node=8", "--node-rank=$(NODE_RANK)"),
        *(f"--master-addr={name}-node-0-0.{name}", "--master-port=29500", "-m", "harness.worker", "/runs/a"),
    ]
    assert container["resources"]["limits"] == {"cpu": "32", "nvidia.com/gpu": "8", "memory": "900Gi"}
    assert {"name": "runs", "mountPath": "/claim"} in container["volumeMounts"]
    assert pod["volumes"][0]["persistentVolumeClaim"] == {"claimName": "study"}
    token = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}}
    assert token in container["env"]
    assert all("CUDA" not in variable["name"] for variable in container["env"])


def test_on_one_node_there_is_nobody_to_meet(tmp_path: Path) -> None:
    (replicated,) = written(tmp_path, cluster(nodes=1))["spec"]["replicatedJobs"]
    (container,) = replicated["template"]["spec"]["template"]["spec"]["containers"]
    assert "--standalone" in container["command"]
    assert not any("master" in word for word in container["command"])


def test_a_train_job_leaves_nodes_and_ranks_to_its_runtime(tmp_path: Path) -> None:
    made = written(tmp_path, cluster("trainer"))
    assert (made["apiVersion"], made["kind"]) == ("trainer.kubeflow.org/v1alpha1", "TrainJob")
    spec = made["spec"]
    assert spec["runtimeRef"] == {"name": "torch-distributed"}
    assert (spec["trainer"]["numNodes"], spec["trainer"]["numProcPerNode"]) == (2, 8)
    assert spec["trainer"]["command"][-4:] == ["torch.distributed.run", "-m", "harness.worker", "/runs/a"]
    (patch,) = spec["runtimePatches"]
    (job,) = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    pod = job["template"]["spec"]["template"]["spec"]
    assert job["name"] == pod["containers"][0]["name"] == "node"
    assert set(pod["containers"][0]) == {"name", "volumeMounts"}  # the operator refuses others there


def test_a_launch_is_followed_to_its_end(server: Path, tmp_path: Path, until: Until) -> None:
    launch = launched(tmp_path)
    until(lambda: "logs" in _calls(server))
    condition(server, "Completed")
    said, _ = launch.communicate(timeout=60)
    assert launch.returncode == 0
    assert "[pod/node-0] step 1" in said
    assert "--namespace team apply --filename -" in _calls(server)
    assert '"harness.worker", "--owner", "me", "/runs/a"' in (server / "applied").read_text()
    assert "owner" not in (tmp_path / "launches" / "one.yaml").read_text()  # by hand, leases are another's
    assert " delete jobset/harness-" in _calls(server)  # many launches would leave many objects


def test_a_failed_launch_has_the_code_of_its_container(server: Path, tmp_path: Path) -> None:
    statuses = [{"state": {"running": {}}}, {"state": {"terminated": {"exitCode": 3}}}]
    (server / "pods").write_text(json.dumps({"items": [{"status": {"containerStatuses": statuses}}]}))
    condition(server, "Failed")
    assert launched(tmp_path).wait(60) == 3


def test_a_launch_that_is_asked_to_end_deletes_its_object_and_waits_for_the_pods(
    server: Path, tmp_path: Path, until: Until
) -> None:
    (server / "pods").write_text('{"items": [{}]}')
    launch = launched(tmp_path)
    until(lambda: "logs" in _calls(server))
    launch.send_signal(signal.SIGTERM)
    until(lambda: " delete jobset/harness-" in _calls(server) and "get pods" in _calls(server))
    assert launch.poll() is None
    (server / "pods").unlink()
    assert launch.wait(60) == 75
    assert _calls(server).count("delete") == 1


def test_what_is_refused_or_deleted_is_told(server: Path, tmp_path: Path, until: Until) -> None:
    launch = launched(tmp_path)
    until(lambda: "logs" in _calls(server))
    (server / "object").unlink()
    assert "was deleted" in launch.communicate(timeout=60)[0]
    (server / "refuse").write_text("no matches for kind JobSet")
    launch = launched(tmp_path)
    assert "kubectl refuses" in (said := launch.communicate(timeout=60)[0])
    assert "no matches for kind JobSet" in said
    assert launch.returncode == 1


def test_a_cluster_without_the_section_is_told() -> None:
    with pytest.raises(HarnessError, match="no `kubernetes` section; give its image and volume claim"):
        kubernetes.check(Cluster("c"))


def _calls(server: Path) -> str:
    calls = server / "calls"
    return calls.read_text() if calls.exists() else ""


def test_what_pods_wait_for_is_told_once(server: Path, tmp_path: Path, until: Until) -> None:
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes:\nfull"}
    pulling = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    starting = {"state": {"waiting": {"reason": "ContainerCreating"}}}
    states = [{"conditions": [unscheduled]}, {"containerStatuses": [pulling]}, {"containerStatuses": [starting]}]
    (server / "pods").write_text(json.dumps({"items": [{"status": each} for each in states]}))
    launch = launched(tmp_path)
    until(lambda: _calls(server).count(" pods ") > 1)
    condition(server, "Completed")
    said, _ = launch.communicate(timeout=60)
    assert sorted(_waits(said)) == ["ImagePullBackOff: no such image", "Unschedulable: 0/2 nodes: full"]


def test_an_object_that_a_queue_suspends_says_so(server: Path, tmp_path: Path, until: Until) -> None:
    condition(server, "Suspended")
    launch = launched(tmp_path)
    until(lambda: _calls(server).count(" get ") > 2)
    condition(server, "Completed")
    assert _waits(launch.communicate(timeout=60)[0]) == ["it does not say why"]


def _waits(said: str) -> list[str]:
    """What a launch was said to wait for."""
    return [line.partition(" waits: ")[2] for line in said.splitlines() if line.startswith("harness: notice: ")]
