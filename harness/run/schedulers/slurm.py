"""What is asked of Slurm's commands: to submit, where a job stands, how it ended, to end it."""

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from harness.spec.errors import HarnessError

# What sbatch says where it took the job perhaps, and lost the answer.
UNSURE = ("Socket timed out", "Zero Bytes were transmitted", "Connection timed out", "Connection reset")
# What it says where it would take the job later; anything else is a mistake in the job.
LATER = (
    *UNSURE,
    *("MaxSubmit", "GrpSubmit", "MaxJobs", "GrpJobs", "temporarily", "try again"),
    *("Unable to contact", "Connection refused", "standby mode"),
)
UNKNOWN = "UNKNOWN"
WAITING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD")
WORKING = ("RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT")
LONGEST = 60.0  # seconds between two questions to a controller that has better to do


class State(NamedTuple):
    """Where a job stands, and why it waits, if Slurm says so: a word, or a sentence of its own."""

    name: str
    reason: str = ""


@dataclass(frozen=True)
class Ending:
    """How a job ended: its state and its exit code, as a shell has it."""

    state: str
    code: int


def submit(
    script: str,
    wait: Callable[[float], None],
    limit: int | None = None,
    options: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> str:
    """Submit `script` to sbatch and return the job's id; as long as there is no room, `wait` and try again.

    A job that was taken although the answer was lost is known by its name, and not submitted again. At most `limit`
    jobs of the user are in the queue. Raises HarnessError with what sbatch said.
    """
    name = job_name(script)
    seconds, unsure = 1.0, False
    while True:
        queue = queued() if unsure or limit is not None else {}
        if unsure and (taken := [job for job, called in (queue or {}).items() if called == name]):
            return taken[0].partition("_")[0]
        if queue is not None and (limit is None or len(queue) < limit):
            done = _run("sbatch", "--parsable", f"--job-name={name}", *options, script, *arguments)
            if done.returncode == 0:
                return done.stdout.strip().partition(";")[0]
            if not any(word in done.stderr for word in LATER):
                raise HarnessError(f"sbatch refuses {script}: {' '.join(done.stderr.split())}")
            unsure = unsure or any(word in done.stderr for word in UNSURE)
        wait(seconds)
        seconds = min(2 * seconds, LONGEST)


def job_name(script: str) -> str:
    """What the job of `script` is called, like no other: its file bears the time and who wrote it."""
    return f"harness-{Path(script).stem}"


def queued() -> dict[str, str] | None:
    """The user's jobs that wait or work, and their names; one of an array is JOB_INDEX. None where nothing answers."""
    done = _run("squeue", "--me", "--noheader", "--array", "--format=%i %j")
    if done.returncode:
        return None
    lines = (line.strip().partition(" ") for line in done.stdout.splitlines() if line.strip())
    return {job: name for job, _, name in lines}


def state(job: str) -> State:
    """The state of a job that waits or works, or of one that has just ended; UNKNOWN where nothing answers."""
    done = _run("squeue", "--noheader", "--states=all", "--format=%T|%r", "--jobs", job)
    if done.returncode:
        return State("GONE" if "Invalid job id" in done.stderr else UNKNOWN)
    name, _, reason = next(iter(done.stdout.splitlines()), "GONE").partition("|")
    return State(name.strip(), "" if reason.strip() == "None" else reason.strip())


def ending(job: str) -> Ending:
    """How a job ended; of one that nobody remembers, its state is GONE."""
    shown = _said("scontrol", "show", "job", "--oneliner", job)
    found = re.search(r"JobState=(\w+)", shown), re.search(r"ExitCode=(\d+):(\d+)", shown)
    if found[0] and found[1]:
        return Ending(found[0][1], _code(*found[1].groups()))
    accounted = _said("sacct", "--allocations", "--noheader", "--parsable2", "--format=State,ExitCode", "--jobs", job)
    if told := re.search(r"^(\w+).*\|(\d+):(\d+)", accounted):
        return Ending(told[1], _code(told[2], told[3]))
    return Ending("GONE", 1)


def ask_to_end(job: str) -> None:
    """Ask a job's script to end it in good order, which it does in any case after some minutes."""
    _run("scancel", "--batch", "--signal=TERM", job)


def cancel(job: str) -> None:
    """End a job."""
    _run("scancel", job)


def _code(code: str, signal: str) -> int:
    return int(code) or (128 + int(signal) if int(signal) else 0)


def _said(*words: str) -> str:
    return _run(*words).stdout


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Ask one of Slurm's commands; raises HarnessError where it is not installed.

    In a session of its own: a request to end reaches all of ours, and an sbatch that it ended may have queued a job.
    """
    how: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace", "start_new_session": True}
    try:
        return subprocess.run(words, check=False, timeout=LONGEST, **how)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 1, "", "Socket timed out")
    except FileNotFoundError as error:
        if words[0] == "sacct":
            return subprocess.CompletedProcess(words, 1, "", "not installed")
        raise HarnessError(f"{words[0]} is not installed here; run the command on a login node of Slurm") from error


def backed_off(seconds: float) -> float:
    """The next time between two questions."""
    return min(1.5 * seconds, LONGEST)
