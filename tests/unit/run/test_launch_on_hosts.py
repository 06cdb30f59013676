"""Launches on several hosts: their command lines, environments and scripts, and what launchers refuse."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.run.child import Command, worker_environment
from harness.run.launch import deepspeed, deepspeed_hostfile, torchrun
from harness.run.scripts import left, script
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml

CLUSTER = Cluster(
    "c",
    nodes=2,
    processes_per_node=2,
    hosts=("a", "b"),
    addresses=("10.0.0.1", "10.0.0.2"),
    network_interface="ib0",
)
WORKER = ("harness.worker", "--owner", "me", "/runs/a")


def test_agents_of_torchrun_meet_at_the_first_host() -> None:
    command = torchrun.command(WORKER, CLUSTER)
    text = " ".join(command.arguments)
    assert "--hosts a,b --shell ssh --addresses 10.0.0.1,10.0.0.2" in text
    assert "--nnodes 2 --nproc-per-node 2 --rdzv-backend c10d --rdzv-endpoint {address}:{port}" in text
    assert "--rdzv-conf is_host={first}" in text
    assert command.environment["GLOO_SOCKET_IFNAME"] == command.environment["NCCL_SOCKET_IFNAME"] == "ib0"
    assert command.environment["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] == "1"
    assert "SIGUSR1" in command.environment["PET_SIGNALS_TO_HANDLE"]
    assert command.arguments[-4:] == WORKER


def test_two_launches_do_not_meet_each_other() -> None:
    ids = {one[one.index("--rdzv-id") + 1] for one in (torchrun.command(WORKER, CLUSTER).arguments for _ in range(2))}
    assert len(ids) == 2


def test_the_example_of_hosts_is_reached_by_pdsh_as_it_says() -> None:
    path = Path(__file__).parents[3] / "jobs" / "clusters" / "hosts_a100.yaml"
    cluster: Cluster = from_yaml(Cluster, path.read_text(), str(path))
    deepspeed_hostfile.check(cluster)
    environment = deepspeed_hostfile.command(WORKER, cluster).environment
    assert environment["PDSH_SSH_ARGS_APPEND"] == "-o BatchMode=yes -o ServerAliveInterval=15"


def test_a_share_of_one_host_is_launched_there_alone() -> None:
    share = Cluster("c", "cuda", nodes=2, processes_per_node=4, launches=4, hosts=("a", "b")).share(3)
    command = deepspeed.command(WORKER, share)
    assert "--hosts b " in " ".join(command.arguments)
    assert "b:2,3" in command.arguments  # whatever CUDA_VISIBLE_DEVICES says, DeepSpeed names them anew
    assert list(command.files.values()) == ["b slots=4\n"]
    assert command.environment["CUDA_VISIBLE_DEVICES"] == "2,3"


def test_a_hostfile_launch_has_its_environment_in_a_file(tmp_path: Path) -> None:
    command = left(deepspeed_hostfile.command(WORKER, CLUSTER), tmp_path, "one")
    beside = tmp_path / "launches" / "one"
    assert beside.with_suffix(".hosts").read_text() == "a slots=2\nb slots=2\n"
    assert "GLOO_SOCKET_IFNAME=ib0\n" in beside.with_suffix(".env").read_text()
    assert command.environment["DS_ENV_FILE"] == f"{beside}.env"
    assert "--master_addr 10.0.0.1" in " ".join(command.arguments)


@pytest.mark.parametrize(
    ("launcher", "cluster", "sentence"),
    [
        (torchrun, Cluster("c", nodes=2), "2 nodes, but no hosts; name them with `hosts`"),
        (deepspeed, Cluster("c", nodes=2), "2 nodes, but no hosts"),
        (deepspeed_hostfile, Cluster("c"), "no hosts; name them"),
        (deepspeed_hostfile, Cluster("c", hosts=("a",), remote_shell=("rsh",)), "remote_shell is rsh"),
        (deepspeed_hostfile, Cluster("c", hosts=("a",), launches=2), "2 launches, but where one ends, deepspeed ends"),
    ],
)
def test_a_launcher_says_what_it_needs(launcher: object, cluster: Cluster, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        launcher.check(cluster)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("tasks", "refused"), [("8", True), ("4(x2)", True), ("1(x2)", False), ("1", False)])
def test_deepspeed_is_refused_where_each_of_several_tasks_would_start_it(
    monkeypatch: pytest.MonkeyPatch, tasks: str, refused: bool
) -> None:
    monkeypatch.setenv("SLURM_STEP_TASKS_PER_NODE", tasks)
    if not refused:
        deepspeed.check(Cluster("c"))
        return
    with pytest.raises(HarnessError, match="tasks per node of an srun, and each would start all processes"):
        deepspeed.check(Cluster("c"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("-oProxyCommand=x", "'hosts.0' is .*, but it should be a word without"),
        ("a b", "'hosts.0' is .*, but it should be a word without"),
        ("a,b", "but it should have no comma; give each host an entry"),
    ],
)
def test_a_host_has_a_name_that_needs_no_quotes(name: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        from_yaml(Cluster, f"{{name: c, hosts: ['{name}']}}", "c.yaml")


def test_a_launch_leaves_a_script_that_does_the_same(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "import os, sys; print(os.getcwd(), os.environ['A'], sys.argv[1:])")
    left(Command((*words, "--owner", "me", "/runs/b c"), {"A": "it's"}), tmp_path, "one")
    done = subprocess.run(["bash", tmp_path / "launches" / "one.sh"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path} it's ['/runs/b c']\n"  # by hand, leases are another's


def test_no_secret_of_the_environment_reaches_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "verysecret")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "verysecret")
    for launcher in (torchrun, deepspeed, deepspeed_hostfile):
        command = launcher.command(WORKER, CLUSTER)
        assert "verysecret" not in script(command, Path("/runs"), "one") + json.dumps(dict(command.files))


def test_hosts_have_the_accelerators_that_the_cluster_says_whatever_this_host_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")
    cluster = Cluster("c", "cuda", nodes=2, processes_per_node=4, hosts=("a", "b"))
    assert worker_environment(cluster)["CUDA_VISIBLE_DEVICES"] == "0,1,2,3"
