"""A command under fire: processes of its launches, launchers and the conductor itself are killed at random."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.files.layout import folders

GIVEN_UP = 128 + signal.SIGKILL  # by `--restart`, after five kills of the conductor within a minute
KINDS = ("rank", "launcher", "conductor")
MARKS = {"rank": "harness.worker", "launcher": "torch.distributed.run", "conductor": "harness.cli"}


def line(sweep: Path, runs: Path, *more: str) -> list[str]:
    """The command that runs `sweep` in `runs`."""
    return [sys.executable, "-m", "harness.cli", "run", str(sweep), "--runs", str(runs), *more]


@dataclass
class Chaos:
    """Kills by a seed; `kills` says how many of each kind, `recoveries` how long each took to be made good."""

    seed: int
    least: float
    most: float
    kinds: tuple[str, ...] = KINDS
    kills: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)

    def under_fire(self, command: Sequence[str], runs: Path, kills: int, log: Path) -> int:
        """Run `command`, start it again whenever it is killed, and kill until `kills` are reached; its exit code."""
        choice, status = random.Random(self.seed), GIVEN_UP
        with log.open("a") as output:
            while status == GIVEN_UP:
                child = subprocess.Popen([*command, "--restart"], stdout=output, stderr=subprocess.STDOUT)
                while child.poll() is None:
                    if self.kills.total() < kills:
                        _wait(child, choice.uniform(self.least, self.most))
                        self.strike(choice, child, runs)
                    time.sleep(0.2)
                status = child.returncode
        return status

    def strike(self, choice: random.Random, child: "subprocess.Popen[bytes]", runs: Path) -> None:
        """Kill one process, if one of the kind drawn is at work, and see how long it takes until work goes on."""
        kind = choice.choice(self.kinds)
        found = [process for process in _at_work(runs) if _kind(process) == kind and process.pid != child.pid]
        if not found or child.poll() is not None:
            return
        before = progress(runs)
        choice.choice(sorted(found, key=lambda process: process.pid)).send_signal(signal.SIGKILL)
        self.kills[kind] += 1
        began = time.monotonic()
        while child.poll() is None and progress(runs) <= before:
            time.sleep(0.05)
        self.recoveries.append(time.monotonic() - began)


def progress(runs: Path) -> int:
    """Grows with each step and batch of any phase: bytes of journals."""
    return sum(path.stat().st_size for path in runs.glob("*/journal.jsonl"))


def ends(runs: Path) -> dict[str, int]:
    """How often each phase came to its end."""
    return {folder.path.name: folder.journal_file.read_text().count('"event": "end"') for folder in folders(runs)}


def _wait(child: "subprocess.Popen[bytes]", seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def _at_work(runs: Path) -> list[psutil.Process]:
    """Processes that name the run folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if str(runs) in " ".join(process.info["cmdline"] or []):
            found.append(process)
    return found


def _kind(process: psutil.Process) -> str | None:
    words = process.info["cmdline"]
    if MARKS["launcher"] in words:
        return "launcher"
    if MARKS["rank"] in words:
        return "rank"
    return "conductor" if MARKS["conductor"] in words and "--restart" not in words else None
