"""Slurm: batch scripts, jobs that are followed, asked, queued again and refused, and a sweep submitted at once."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.run.conduct.loop import conduct
from harness.run.launch import slurm as launcher
from harness.run.launchers import check_cluster
from harness.run.schedulers import slurm, slurm_job
from harness.run.schedulers.slurm_script import batch
from harness.run.schedulers.submit import submit
from harness.run.scripts import left
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.phase import parents
from harness.spec.scheduler import Container, Slurm

FAKE = Path(__file__).with_name("fake_slurm.py")
OBEYS = "trap 'echo asked; exit 75' USR1; echo began; for i in $(seq 300); do sleep 0.1; done; exit 3"
WORKER = ("harness.worker", "--owner", "me", "/runs/a", "/runs/b")
Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a Slurm that is played, whose commands are found first."""
    folder = tmp_path / "slurm"
    commands = folder / "bin"
    commands.mkdir(parents=True)
    for name in ("sbatch", "squeue", "scontrol", "scancel", "srun"):
        (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} {name} "$@"\n')
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SLURM", str(folder))
    return folder


def script(tmp_path: Path, cluster: Cluster) -> Path:
    """A batch script of one launch, where a run folder would have it."""
    left(launcher.command(WORKER, cluster), tmp_path, "one")
    return tmp_path / "launches" / "one.sbatch"


def follow(script: Path) -> "subprocess.Popen[str]":
    words = (sys.executable, "-m", "harness.run.schedulers.slurm_job", "--owner", "me", str(script))
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def jobs(queue: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(queue.glob("*.job"))}


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


@pytest.mark.parametrize("code", [0, 3])
def test_a_job_is_followed_to_its_exit_code(queue: Path, tmp_path: Path, code: int) -> None:
    (queue / "step").write_text(f"echo harness: error: this is why; exit {code}")
    followed = follow(script(tmp_path, Cluster("c")))
    assert followed.wait(60) == code
    assert followed.stdout
    assert followed.stdout.read().split("\n")[:2] == ["harness: Slurm job 1", "harness: error: this is why"]


def test_a_launch_that_is_asked_to_end_asks_its_job_and_leaves_with_75(
    queue: Path, tmp_path: Path, until: Until
) -> None:
    (queue / "step").write_text(OBEYS)
    made = script(tmp_path, Cluster("c"))
    followed = follow(made)
    until(lambda: "began" in _said(made))
    followed.send_signal(signal.SIGTERM)
    assert followed.wait(60) == 75
    assert "asked" in _said(made)
    assert [(job["state"], job["runs"]) for job in jobs(queue).values()] == [("FAILED", 1)]


def test_a_job_that_waits_is_cancelled_when_its_launch_is_asked_to_end(
    queue: Path, tmp_path: Path, until: Until
) -> None:
    (queue / "hold").touch()
    followed = follow(script(tmp_path, Cluster("c")))
    until(lambda: jobs(queue))
    time.sleep(1)
    followed.send_signal(signal.SIGTERM)
    assert followed.wait(60) == 75
    assert [job["state"] for job in jobs(queue).values()] == ["CANCELLED"]


def test_a_job_near_its_wall_time_is_queued_again_and_goes_on(queue: Path, tmp_path: Path, until: Until) -> None:
    (queue / "step").write_text(OBEYS)
    made = script(tmp_path, Cluster("c"))
    followed = follow(made)
    until(lambda: "began" in _said(made))
    (queue / "step").write_text("echo went on")
    os.kill(jobs(queue)["1"]["pid"], signal.SIGUSR1)
    assert followed.wait(60) == 0
    assert [(job["state"], job["runs"]) for job in jobs(queue).values()] == [("COMPLETED", 2)]
    said = _said(made)
    assert re.findall("began|asked|job 1 is queued again|went on", said) == [
        "began",
        "asked",
        "job 1 is queued again",
        "went on",
    ]


def test_a_job_that_nobody_asked_is_not_queued_again(queue: Path, tmp_path: Path) -> None:
    """Of a node that failed srun ends the others, whose agents say 75, and that is the highest code: for ever so."""
    (queue / "step").write_text("echo harness: error: no such task; exit 75")
    assert follow(script(tmp_path, Cluster("c"))).wait(60) == 75
    assert [(job["state"], job["runs"]) for job in jobs(queue).values()] == [("FAILED", 1)]


def test_a_refused_job_fails_with_what_sbatch_said(queue: Path, tmp_path: Path) -> None:
    followed = follow(script(tmp_path, Cluster("c", slurm=Slurm(partition="refuse"))))
    assert followed.wait(60) == 1
    assert followed.stdout
    assert "harness: error: sbatch refuses" in (said := followed.stdout.read())
    assert "invalid partition" in said


def test_a_full_queue_is_waited_for(queue: Path, tmp_path: Path) -> None:
    (queue / "limit").write_text("0")
    (queue / "step").write_text("true")
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        (queue / "limit").write_text(str(len(waited) - 1))

    job = slurm.submit(str(script(tmp_path, Cluster("c"))), wait)
    assert waited == [1.0, 2.0]
    assert slurm.state(job) in (*slurm.WAITING, *slurm.WORKING)


def test_endings_are_told_even_without_accounting(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def played(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(words, 0, answers.get(words[0], ""), "")

    monkeypatch.setattr(slurm, "_run", played)
    answers = {"scontrol": "JobId=1 JobState=TIMEOUT Reason=TimeLimit ExitCode=0:15"}
    assert slurm.ending("1") == slurm.Ending("TIMEOUT", 143)
    answers = {"sacct": "CANCELLED by 0|0:15\n"}
    assert slurm.ending("1") == slurm.Ending("CANCELLED", 143)
    answers = {}
    assert slurm.ending("1") == slurm.Ending("GONE", 1)
    follower = slurm_job.Follower(Path("none"))
    assert follower._code(slurm.Ending("NODE_FAIL", 0)) == 1


def test_a_controller_that_does_not_answer_ends_nothing(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (queue / "bin" / "squeue").write_text("#!/bin/sh\necho Unable to contact slurm controller >&2; exit 1\n")
    assert slurm.state("1") == slurm.UNKNOWN


def test_a_sweep_is_conducted_by_jobs(stage: Any, queue: Path) -> None:
    states = conduct(stage.work, launcher.command, stage.heard, lambda: None)
    assert {state.status for state in states.values()} == {"done"}
    assert all(job["state"] == "COMPLETED" for job in jobs(queue).values())
    assert sorted(stage.performed) == sorted(states)


def with_trunk(stage: Any) -> None:
    """A sweep of which most is one stage, so that it has all of the cluster, and the rest waits."""
    stage.sweep.write_text(stage.sweep.read_text().replace("[toy_qa, toy_polarity]\nsteps: 5", "[toy_qa]\nsteps: 500"))


def submitted(stage: Any, **more: Any) -> list[str]:
    """Submit the stage's sweep, and return what was said."""
    lines: list[str] = []
    cluster = replace(stage.work.cluster, launcher="slurm", **more)
    submit(replace(stage.work, cluster=cluster), lines.append)
    return lines


def test_everything_pending_is_submitted_at_once_and_waits_for_what_it_needs(
    stage: Any, queue: Path, until: Until
) -> None:
    with_trunk(stage)
    (queue / "hold").touch()
    said = submitted(stage)
    names = {job["options"]["--job-name"]: ref.partition("_")[0] for ref, job in jobs(queue).items()}
    held = {
        names[event["job"]] + (f"_{index}" if len(event["phases"]) > 1 else ""): keys
        for event in _events(stage.runs)
        for index, keys in enumerate(event["phases"])
    }
    assert sorted(key for phases in held.values() for key in phases) == sorted(map(identity, stage.work.plan))
    where = {key: job for job, phases in held.items() for key in phases}
    waited = 0
    for phase in stage.work.plan:
        for parent in parents(phase):
            above, own = where[identity(parent)], where[identity(phase)]
            waits = jobs(queue)[own]["options"].get("--dependency", "afterok").split(":")[1:]
            assert above == own or above in waits
            waited += above != own
    assert waited
    assert len(said) > 1
    (queue / "hold").unlink()
    until(lambda: not slurm.queued())
    assert stage.statuses == {"done": len(stage.work.plan)}
    assert sorted(stage.performed) == sorted(map(identity, stage.work.plan))


def test_siblings_of_one_shape_are_one_array_with_a_throttle(stage: Any, queue: Path) -> None:
    (queue / "hold").touch()
    submitted(stage, slurm=Slurm(array_throttle=1))
    arrays = {job["options"]["--array"] for job in jobs(queue).values() if job["index"] is not None}
    assert arrays == {"0-1%1"}


def test_what_is_in_the_queue_is_not_submitted_again(stage: Any, queue: Path) -> None:
    (queue / "hold").touch()
    submitted(stage)
    before = list(jobs(queue))
    assert submitted(stage) == ["nothing is pending that is in no job yet"]
    assert list(jobs(queue)) == before


def test_a_job_whose_answer_was_lost_is_not_submitted_again(queue: Path, tmp_path: Path) -> None:
    (queue / "hold").touch()
    (queue / "timeout").touch()
    assert slurm.submit(str(script(tmp_path, Cluster("c"))), lambda seconds: None) == "1"
    assert list(jobs(queue)) == ["1"]


def test_a_sweep_whose_answer_was_lost_is_in_the_queue(stage: Any, queue: Path) -> None:
    (queue / "hold").touch()
    (queue / "timeout").touch()
    with pytest.raises(HarnessError, match="or does not answer; the same command submits the rest"):
        submitted(stage)
    submitted(stage)
    held = [key for event in _events(stage.runs) for keys in event["phases"] for key in keys]
    assert sorted(held) == sorted(map(identity, stage.work.plan))


def test_nothing_is_submitted_where_the_queue_is_not_known(stage: Any, queue: Path) -> None:
    (queue / "bin" / "squeue").write_text("#!/bin/sh\necho Unable to contact slurm controller >&2; exit 1\n")
    with pytest.raises(HarnessError, match="squeue does not answer"):
        submitted(stage)
    assert not jobs(queue)


@pytest.mark.parametrize("reason", ["AssocGrpSubmitJobsLimit", "Zero Bytes were transmitted or received"])
def test_what_passes_is_waited_for(queue: Path, tmp_path: Path, reason: str) -> None:
    kept = (queue / "bin" / "sbatch").read_text()
    (queue / "bin" / "sbatch").write_text(f"#!/bin/sh\necho 'sbatch: error: {reason}' >&2; exit 1\n")
    (queue / "hold").touch()
    made = str(script(tmp_path, Cluster("c")))
    assert slurm.submit(made, lambda seconds: (queue / "bin" / "sbatch").write_text(kept) and None) == "1"


def test_no_more_jobs_are_queued_than_the_cluster_says_and_the_rest_follows(
    stage: Any, queue: Path, until: Until
) -> None:
    (queue / "hold").touch()
    first = submitted(stage, slurm=Slurm(max_submitted=1))
    assert len(jobs(queue)) == 1
    assert re.fullmatch(r"the queue holds max_submitted jobs; \d phases wait for this command again", first[-1])
    (queue / "hold").unlink()
    until(lambda: not slurm.queued())
    submitted(stage, slurm=Slurm(max_submitted=9))
    until(lambda: not slurm.queued())
    assert stage.statuses == {"done": 8}


def test_a_failed_job_takes_those_that_wait_for_it_along(stage: Any, queue: Path) -> None:
    with_trunk(stage)
    (queue / "hold").touch()
    submitted(stage)
    dependent = [job for job in jobs(queue).values() if "--dependency" in job["options"]]
    assert dependent
    assert all(job["options"]["--kill-on-invalid-dep"] == "yes" for job in dependent)


def test_another_launcher_is_not_submitted(stage: Any) -> None:
    with pytest.raises(HarnessError, match="its launcher is torchrun; give `--launcher slurm`"):
        submit(stage.work, print)


def _said(made: Path) -> str:
    output = made.with_suffix(".out")
    return output.read_text() if output.exists() else ""


def _events(runs: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (runs / "launches" / "submitted.jsonl").read_text().splitlines()]
