"""A sweep through Slurm: conducted by jobs, or submitted at once."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.run.conduct.loop import conduct
from harness.run.launch import slurm as launcher
from harness.run.schedulers import slurm
from harness.run.schedulers.submit import submit
from harness.run.track.projecting import NOWHERE
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import parents
from harness.spec.scheduler import Slurm
from tests.unit.run.slurm_launches import jobs

Until = Callable[[Callable[[], object]], None]


def test_a_sweep_is_conducted_by_jobs(stage: Any, queue: Path) -> None:
    states = conduct(stage.work, launcher.command, stage.heard, NOWHERE)
    assert {state.status for state in states.values()} == {"done"}
    assert all(job["state"] == "COMPLETED" for job in jobs(queue).values())
    assert sorted(stage.performed) == sorted(states)


def test_whoever_conducts_is_told_what_a_job_waits_for(stage: Any, queue: Path, until: Until) -> None:
    (queue / "hold").touch()

    def release() -> None:
        until(lambda: stage.heard.said)
        (queue / "hold").unlink()

    releasing = threading.Thread(target=release)
    releasing.start()
    conduct(stage.work, launcher.command, stage.heard, NOWHERE)
    releasing.join()
    assert "Slurm job 1 waits: JobHeldUser; `scontrol release 1` lets it go on" in stage.heard.said


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


def test_no_job_waits_for_one_that_ended_while_others_were_submitted(
    stage: Any, queue: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slurm forgets it after some minutes, and would cancel them."""
    with_trunk(stage)
    submitting = slurm.submit

    def done_at_once(*words: Any, **more: Any) -> str:
        job = submitting(*words, **more)
        until(lambda: not slurm.queued())
        return job

    monkeypatch.setattr(slurm, "submit", done_at_once)
    submitted(stage)
    assert stage.statuses == {"done": len(stage.work.plan)}
    assert len(jobs(queue)) > 1
    assert not any("--dependency" in job["options"] for job in jobs(queue).values())


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


def _events(runs: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (runs / "launches" / "submitted.jsonl").read_text().splitlines()]
