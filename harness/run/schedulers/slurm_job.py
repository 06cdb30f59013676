"""A launch by Slurm as a process: the script given as argument is submitted and followed; it ends as the job does."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from harness.files.growing import Growing
from harness.run.child import ERROR, LOST, NOTICE
from harness.run.hosts.agent import REQUEUE
from harness.run.schedulers import slurm
from harness.spec.errors import HarnessError

LOOK = 1.0  # seconds between two looks at the output
GRACE = 600.0  # seconds after which a job is ended that was asked to; it ends itself before that
SENTENCES = {
    "TIMEOUT": f"{LOST}Slurm job %s reached its time limit before it wrote a checkpoint; allow more signal_seconds",
    "OUT_OF_MEMORY": f"{ERROR}Slurm job %s ran out of its host's memory; ask for more by slurm.lines: [--mem=...]",
    "CANCELLED": f"{ERROR}Slurm job %s was cancelled",
    "NODE_FAIL": f"{LOST}Slurm job %s lost a node",
    "BOOT_FAIL": f"{LOST}Slurm job %s was given a node that did not start",
    "PREEMPTED": f"{LOST}Slurm job %s was preempted",
    "GONE": f"{LOST}Slurm job %s is no longer known to Slurm",
}


class Follower:
    """A submitted job, followed until it has ended."""

    def __init__(self, output: Path) -> None:
        self._output = Growing(output)
        self._asked = self._told = 0.0  # by the monotonic clock
        self._job: str | None = None
        self._reasons: set[str] = set()  # why it waits, as far as that was said

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Remember a request to end."""
        self._asked = self._asked or time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait until the output may be looked at again; raises HarnessError where nothing is submitted any more."""
        if self._asked and self._job is None:
            raise HarnessError("asked to end before it was submitted")
        time.sleep(min(seconds, LOOK))

    def follow(self, job: str) -> int:
        """The exit code of `job`, whose output is passed on."""
        self._job = job
        print(f"harness: Slurm job {job}", flush=True)
        said, next_look, interval = slurm.State(""), 0.0, 1.0
        while not self._ended(said.name):
            self._pass_on()
            if self._asked or time.monotonic() >= next_look:
                state = slurm.state(job)
                interval = 1.0 if state.name != said.name else slurm.backed_off(interval)
                said, next_look = state, time.monotonic() + interval
                self._explain(said)
            if self._asked:  # what it was some time ago does not count: one that has begun may write a checkpoint
                self._end(said.name)
            time.sleep(LOOK)
        self._pass_on()
        return self._code(slurm.ending(job))

    def _explain(self, state: slurm.State) -> None:
        """Say why the job waits, each reason once as long as it does."""
        if state.name in slurm.WORKING:
            self._reasons.clear()
        elif state.name in slurm.WAITING and state.reason and state.reason not in self._reasons:
            self._reasons.add(state.reason)
            held = state.reason == "JobHeldUser" or "held" in state.reason.split()
            remedy = f"; `scontrol release {self._job}` lets it go on" if held else ""
            print(f"{NOTICE}Slurm job {self._job} waits: {state.reason}{remedy}", flush=True)

    def _ended(self, state: str) -> bool:
        return state not in ("", slurm.UNKNOWN, *slurm.WAITING, *slurm.WORKING)

    def _end(self, state: str) -> None:
        """Ask a job that works, once; end one that waits, or took too long."""
        assert self._job is not None
        if not self._told and state in slurm.WORKING:
            self._told = time.monotonic()
            slurm.ask_to_end(self._job)
        elif state in slurm.WAITING or (self._told and time.monotonic() - self._told > GRACE):
            slurm.cancel(self._job)

    def _code(self, ending: slurm.Ending) -> int:
        if ending.state == "COMPLETED":
            return 0
        if self._asked:
            return REQUEUE
        if ending.state in SENTENCES:
            print(SENTENCES[ending.state] % self._job, flush=True)
        return ending.code or 1

    def _pass_on(self) -> None:
        """What the job wrote since the last look, as far as its lines are whole."""
        sys.stdout.buffer.write(self._output.new())
        sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Submit, follow, and return the job's exit code."""
    parser = argparse.ArgumentParser(prog="harness.run.schedulers.slurm_job", description=__doc__)
    parser.add_argument("script", type=Path, help="its output goes to the same name ending in .out")
    parser.add_argument("--owner", help="who holds the leases of the phases (the job)")
    parser.add_argument("--max-submitted", type=int, help="how many jobs of the user may be in the queue")
    options = parser.parse_args(arguments)
    follower = Follower(options.script.with_suffix(".out"))
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, follower.ask)
    owner = [options.owner] if options.owner else []
    try:
        job = slurm.submit(str(options.script), follower.wait, options.max_submitted, arguments=owner)
        return follower.follow(job)
    except HarnessError as error:
        print(f"harness: error: {error}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
