"""Plays Slurm, by the name that it is called by: sbatch, squeue, scontrol, scancel or srun; no daemon, one host.

Jobs are in the folder FAKE_SLURM, a file each. Whoever asks for anything also starts what can be started by then.
`limit` in that folder is how many jobs sbatch takes, `step` a line of shell that srun runs in place of its command,
`timeout` has sbatch lose the answer about the next job.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(os.environ["FAKE_SLURM"])
FAKE_WORKER = Path(__file__).with_name("fake_worker.py")
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")
Jobs = dict[str, dict[str, Any]]


def sbatch(words: list[str]) -> int:
    """Queue a job, or the tasks of an array."""
    jobs = everything()
    limit = HERE / "limit"
    if limit.exists() and sum(job["state"] not in ENDED for job in jobs.values()) >= int(limit.read_text()):
        print("sbatch: error: QOSMaxSubmitJobPerUserLimit", file=sys.stderr)
        return 1
    given = {name: value for name, _, value in (word.partition("=") for word in words if word.startswith("--"))}
    script, *arguments = [word for word in words if not word.startswith("--")]
    lines = re.findall(r"^#SBATCH (--[\w-]+)=(.*)$", Path(script).read_text(), re.MULTILINE)
    options = {**dict(lines), **given}
    if "refuse" in options.get("--partition", ""):
        print("sbatch: error: invalid partition specified: refuse", file=sys.stderr)
        return 1
    number = str(1 + max((int(name.partition("_")[0]) for name in jobs), default=0))
    tasks, _, throttle = options.get("--array", "").partition("%")
    last = int(tasks.partition("-")[2] or 0) if tasks else None
    for index in range(0 if last is None else last + 1) if tasks else [None]:
        ref = number if index is None else f"{number}_{index}"
        save(ref, {"state": "PENDING", "code": 0, "script": script, "arguments": arguments, "options": options,
                   "index": index, "throttle": int(throttle or 0), "runs": 0})  # fmt: skip
    if (HERE / "timeout").exists():
        (HERE / "timeout").unlink()
        print("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", file=sys.stderr)
        return 1
    print(number)
    return 0


def squeue(words: list[str]) -> int:
    """List jobs, or tell the state of one."""
    jobs = everything()
    if "--jobs" in words:
        ref = words[words.index("--jobs") + 1]
        if ref not in jobs:
            print("slurm_load_jobs error: Invalid job id specified", file=sys.stderr)
            return 1
        held = (HERE / "hold").read_text().strip() or "JobHeldUser" if (HERE / "hold").exists() else "None"
        print(f"{jobs[ref]['state']}|{held}")
    else:
        waiting = ((ref, job) for ref, job in jobs.items() if job["state"] not in ENDED)
        print("\n".join(f"{ref} {job['options']['--job-name']}" for ref, job in waiting))
    return 0


def scontrol(words: list[str]) -> int:
    """Show a job, or queue it again."""
    ref = words[-1]
    job = load(ref)
    if words[0] == "requeue":
        save(ref, {**job, "state": "REQUEUED"})
    else:
        print(f"JobId={ref} JobState={job['state']} ExitCode={job['code']}:0")
    return 0


def scancel(words: list[str]) -> int:
    """Signal the script of a job, or end the job."""
    job = load(words[-1])
    named = [word.partition("=")[2] for word in words if word.startswith("--signal")]
    if named and job["state"] == "RUNNING":
        os.kill(job["pid"], signal.Signals[f"SIG{named[0]}"])
    elif not named and job["state"] not in ENDED:
        save(words[-1], {**job, "state": "CANCELLED"})
        if job["state"] == "RUNNING":
            os.killpg(job["pid"], signal.SIGKILL)
    return 0


def srun(words: list[str]) -> int:
    """Run the step: the worker is played."""
    step = HERE / "step"
    if step.exists():
        os.execvp("bash", ["bash", "-c", step.read_text()])
    os.execv(sys.executable, [sys.executable, str(FAKE_WORKER), *words[words.index("harness.worker") :]])


def run(ref: str) -> int:
    """Run a job's script until it ends; this is a process of its own."""
    job = load(ref)
    index = {} if job["index"] is None else {"SLURM_ARRAY_TASK_ID": str(job["index"])}
    environment = {**os.environ, "SLURM_JOB_ID": ref, "SLURM_RESTART_COUNT": str(job["runs"]), **index}
    output = job["options"]["--output"].replace("%a", str(job["index"]))
    with Path(output).open("ab") as file:
        child = subprocess.Popen(["bash", job["script"], *job["arguments"]], env=environment, stdout=file, stderr=file,
                                 start_new_session=True)  # fmt: skip
        save(ref, {**job, "state": "RUNNING", "pid": child.pid, "runs": job["runs"] + 1})
        while (code := child.poll()) is None and load(ref)["state"] == "RUNNING":
            time.sleep(0.05)
    now = load(ref)
    if now["state"] == "REQUEUED":
        os.killpg(child.pid, signal.SIGKILL)
        save(ref, {**now, "state": "PENDING"})
    elif now["state"] == "RUNNING":
        save(ref, {**now, "state": "FAILED" if code else "COMPLETED", "code": code})
    return 0


def everything() -> Jobs:
    """All jobs, after those that can be started were."""
    jobs = {path.stem: load(path.stem) for path in sorted(HERE.glob("*.job"))}
    for ref, job in jobs.items():
        if job["state"] == "PENDING" and may_start(ref, job, jobs):
            save(ref, {**job, "state": "CONFIGURING"})
            subprocess.Popen([sys.executable, __file__, "run", ref], start_new_session=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            jobs[ref] = {**job, "state": "CONFIGURING"}
    return jobs


def may_start(ref: str, job: dict[str, Any], jobs: Jobs) -> bool:
    """Whether all that a job waits for has ended well, and its array lets it."""
    if (HERE / "hold").exists():
        return False
    waits = [one for name in job["options"].get("--dependency", "").split(":")[1:] for one in tasks(name, jobs)]
    siblings = [jobs[one]["state"] for one in tasks(ref.partition("_")[0], jobs)]
    working = sum(state in ("RUNNING", "CONFIGURING") for state in siblings)
    return all(jobs[one]["state"] == "COMPLETED" for one in waits) and not 0 < job["throttle"] <= working


def tasks(name: str, jobs: Jobs) -> Iterator[str]:
    """The jobs that a name stands for."""
    return (ref for ref in jobs if name in (ref, ref.partition("_")[0]))


def load(ref: str) -> dict[str, Any]:
    """A job."""
    found: dict[str, Any] = json.loads((HERE / f"{ref}.job").read_text())
    return found


def save(ref: str, job: dict[str, Any]) -> None:
    """Write a job down."""
    draft = HERE / f"{ref}.{os.getpid()}"
    draft.write_text(json.dumps(job))
    draft.replace(HERE / f"{ref}.job")


COMMANDS = {each.__name__: each for each in (sbatch, squeue, scontrol, scancel, srun)}

if __name__ == "__main__":
    if sys.argv[1] == "run":
        sys.exit(run(sys.argv[2]))
    sys.exit(COMMANDS[sys.argv[1]]([word for word in sys.argv[2:] if word != "--parsable"]))
