"""A job of Slurm: submitted, followed, asked to end, queued again and refused."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.run.schedulers import slurm, slurm_job
from harness.spec.cluster import Cluster
from harness.spec.scheduler import Slurm
from tests.unit.run.slurm_launches import jobs, script

OBEYS = "trap 'echo asked; exit 75' USR1; echo began; for i in $(seq 300); do sleep 0.1; done; exit 3"
Until = Callable[[Callable[[], object]], None]


def follow(script: Path) -> "subprocess.Popen[str]":
    words = (sys.executable, "-m", "harness.run.schedulers.slurm_job", "--owner", "me", str(script))
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


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
    assert slurm.state(job).name in (*slurm.WAITING, *slurm.WORKING)


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
    assert slurm.state("1").name == slurm.UNKNOWN


def test_a_job_whose_answer_was_lost_is_not_submitted_again(queue: Path, tmp_path: Path) -> None:
    (queue / "hold").touch()
    (queue / "timeout").touch()
    assert slurm.submit(str(script(tmp_path, Cluster("c"))), lambda seconds: None) == "1"
    assert list(jobs(queue)) == ["1"]


@pytest.mark.parametrize("reason", ["AssocGrpSubmitJobsLimit", "Zero Bytes were transmitted or received"])
def test_what_passes_is_waited_for(queue: Path, tmp_path: Path, reason: str) -> None:
    kept = (queue / "bin" / "sbatch").read_text()
    (queue / "bin" / "sbatch").write_text(f"#!/bin/sh\necho 'sbatch: error: {reason}' >&2; exit 1\n")
    (queue / "hold").touch()
    made = str(script(tmp_path, Cluster("c")))
    assert slurm.submit(made, lambda seconds: (queue / "bin" / "sbatch").write_text(kept) and None) == "1"


def _said(made: Path) -> str:
    output = made.with_suffix(".out")
    return output.read_text() if output.exists() else ""


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "JobHeldUser; `scontrol release 1` lets it go on"),
        ("launch failed requeued held", "launch failed requeued held; `scontrol release 1` lets it go on"),
        ("Nodes required for job are DOWN, DRAINED", "Nodes required for job are DOWN, DRAINED"),
    ],
)
def test_a_job_that_waits_says_why_once(queue: Path, tmp_path: Path, until: Until, reason: str, said: str) -> None:
    (queue / "hold").write_text(reason)
    (queue / "step").write_text("true")
    followed = follow(script(tmp_path, Cluster("c")))
    until(lambda: jobs(queue))
    time.sleep(5)
    (queue / "hold").unlink()
    assert followed.wait(60) == 0
    assert followed.stdout
    notices = [line for line in followed.stdout if line.startswith("harness: notice: ")]
    assert notices == [f"harness: notice: Slurm job 1 waits: {said}\n"]
