"""Batch scripts for Slurm: their options, containers and quotes, and mistakes in a cluster's section."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.run.launchers import check_cluster
from harness.run.schedulers.slurm_script import batch
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml
from harness.spec.scheduler import Container, Slurm
from tests.unit.run.slurm_launches import WORKER, script


def test_a_script_says_what_the_cluster_says(tmp_path: Path) -> None:
    text = """
name: big
accelerator: cuda
launcher: slurm
nodes: 2
processes_per_node: 8
threads_per_process: 4
network_interface: ib0
slurm:
  partition: gpu
  account: p1
  qos: high
  constraint: "a100&nvlink"
  time: "12:00:00"
  signal_seconds: 240
  lines: [--exclusive]
  prologue: [module load cuda]
"""
    made = script(tmp_path, from_yaml(Cluster, text, "big.yaml")).read_text()
    for option in (
        "nodes=2",
        "ntasks-per-node=1",
        "cpus-per-task=32",
        "gpus-per-node=8",
        "partition=gpu",
        "account=p1",
        "qos=high",
        "constraint='a100&nvlink'",
        "time=12:00:00",
        "signal=B:USR1@240",
        "requeue",
        "open-mode=append",
        f"output={tmp_path}/launches/one.out",
        "exclusive",
    ):
        assert f"#SBATCH --{option}\n" in made
    assert f"cd {tmp_path} || exit\nmodule load cuda\nset -uo pipefail\n" in made  # modules use what is not set
    assert "export NCCL_SOCKET_IFNAME=ib0\n" in made
    assert "CUDA_VISIBLE_DEVICES" not in made  # Slurm says which
    assert "is_host=$((SLURM_NODEID == 0))" in made
    assert subprocess.run(["bash", "-n"], input=made, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("container", "words"),
    [
        (Container("apptainer", "/images/h.sif", binds=("/data",)), "apptainer exec --nv --bind {runs},/data"),
        (Container("enroot", "/h.sqsh"), "--container-image=/h.sqsh --container-mounts={runs}:{runs}"),
    ],
)
def test_a_job_runs_in_a_container(container: Container, words: str) -> None:
    cluster = Cluster("c", "cuda", slurm=Slurm(container=container))
    made = " ".join(batch([WORKER], cluster).replace("\\\n", "").replace("'", "").split())
    assert words in made
    assert "python3 -m harness.run.hosts.agent python3 -m torch.distributed.run" in made
    assert sys.executable not in made


def test_no_secret_reaches_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "verysecret")
    script(tmp_path, Cluster("c"))
    assert not any("verysecret" in path.read_text() for path in (tmp_path / "launches").iterdir())


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("{time: tomorrow}", "'slurm.time' is 'tomorrow'; it should be as in 90"),
        ("{time: 12:00:00}", 'is 43200, but it should be in quotes, as "12:00:00"'),
        ('{constraint: "a\\nb"}', "'slurm.constraint' has a second line"),
        ("{partition: a b}", "'slurm.partition' is .a b., but it should be a word without blanks"),
        ("{lines: [exclusive]}", "'slurm.lines' holds 'exclusive'; an option of sbatch is expected"),
        ("{prologue: [export HF_TOKEN=abc]}", "'slurm' sets HF_TOKEN|'slurm' sets TOKEN; secrets belong"),
        ("{partitoin: a}", "unknown key 'slurm.partitoin'; did you mean 'partition'?"),
        ("{container: {runtime: docker, image: a}}", "'slurm.container.runtime' is \"docker\""),
    ],
)
def test_mistakes_in_the_slurm_section_are_told(lines: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        from_yaml(Cluster, f"{{name: c, slurm: {lines}}}", "c.yaml")


def test_what_a_login_node_hides_says_nothing_about_the_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    cluster = Cluster("c", "cuda", launcher="slurm", processes_per_node=8)
    check_cluster(cluster)
    assert "--gpus-per-node=8" in batch([WORKER], cluster)
    with pytest.raises(HarnessError, match="8 accelerators are wanted, but CUDA_VISIBLE_DEVICES names 0"):
        check_cluster(replace(cluster, launcher="torchrun"))


@pytest.mark.parametrize("name", ["a b", "it's", "50%j", "a,b", "$HOME"])
def test_a_run_folder_that_would_need_quotes_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HarnessError, match="where it would need quotes; name another run folder"):
        script(tmp_path / name, Cluster("c"))


def test_a_python_that_needs_quotes_has_them_on_several_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/it's here/python")
    made = batch([WORKER], Cluster("c", nodes=2))
    played = f'srun() {{ while [ $1 != bash ]; do shift; done; echo "$3"; }}\n{made}'
    step = subprocess.run(["bash"], input=played.replace("cd {runs} || exit", ""), capture_output=True, text=True,
                          env={"SLURM_JOB_ID": "1", "PATH": os.environ["PATH"]}, check=False).stdout  # fmt: skip
    assert step.replace("\\\n", "").split()[1:4] == ["'/it'\"'\"'s", "here/python'", "-m"]
