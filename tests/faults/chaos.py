"""A command under fire: processes of its launches, launchers and the conductor itself are killed at random."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.files.layout import folders

GIVEN_UP = 128 + signal.SIGKILL  # by `--restart`, after five kills of the conductor within a minute
AGAIN, SOON_S = 0.25, 5.0  # chance of a second kill, and within how long
KINDS = ("rank", "launcher", "conductor")
MARKS = {"rank": "harness.worker", "launcher": "torch.distributed.run", "conductor": "harness.cli"}


def line(sweep: Path, runs: Path, *more: str) -> list[str]:
    """The command that runs `sweep` in `runs`."""
    return [sys.executable, "-m", "harness.cli", "run", str(sweep), "--runs", str(runs), *more]


@dataclass
class Chaos:
    """Kills by a seed; `kills` says how many of each kind, `recoveries` how many seconds each took to be made good."""

    seed: int
    apart: float  # mean bytes of journals, a measure of work, from the end of a recovery to the next kill
    kinds: tuple[str, ...] = KINDS
    kills: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def under_fire(self, command: Sequence[str], runs: Path, kills: int, log: Path) -> int:
        """Run `command`, start it again whenever it is killed, and kill until `kills` are reached; its exit code."""
        choice, status = random.Random(self.seed), GIVEN_UP
        with log.open("a") as output:
            while status == GIVEN_UP:
                child = subprocess.Popen([*command, "--restart"], stdout=output, stderr=subprocess.STDOUT)
                while child.poll() is None:
                    if self.kills.total() < kills:
                        _wait_for_work(child, runs, progress(runs) + choice.uniform(0, 2 * self.apart))
                        self.volley(choice, child, runs)
                    time.sleep(0.02)
                status = child.returncode
        return status

    def volley(self, choice: random.Random, child: "subprocess.Popen[bytes]", runs: Path, again: float = AGAIN) -> None:
        """Kill one process, by chance another one while work is only about to go on, and see when it does."""
        began, kind = time.monotonic(), self.strike(choice, child, runs)
        if kind and choice.random() < again:
            _wait(child, choice.uniform(0, SOON_S))
            later, another = time.monotonic(), self.strike(choice, child, runs)
            began, kind = (later, another) if another else (began, kind)
        if kind:
            _wait_for_work(child, runs, progress(runs))
            self.recoveries[kind].append(time.monotonic() - began)

    def strike(self, choice: random.Random, child: "subprocess.Popen[bytes]", runs: Path) -> str | None:
        """Kill one process of a kind that is at work, and see what falls with it end; the kind, if there was any."""
        found = defaultdict(list)
        for process in _at_work(runs):
            if (kind := _kind(process)) in self.kinds and process.pid != child.pid:
                found[kind].append(process)
        if not found or child.poll() is not None:
            return None
        kind = choice.choice(sorted(found))
        choice.choice(sorted(found[kind], key=lambda process: process.pid)).send_signal(signal.SIGKILL)
        self.kills[kind] += 1
        ending = found[kind] if kind == "conductor" else found["rank"] + found["launcher"]
        while {process.pid for process in ending} & {process.pid for process in _at_work(runs)}:
            time.sleep(0.05)
        return kind


def progress(runs: Path) -> int:
    """Grows with each step and batch of any phase: bytes of journals."""
    return sum(path.stat().st_size for path in runs.glob("*/journal.jsonl"))


def ends(runs: Path) -> dict[str, int]:
    """How often each phase came to its end."""
    return {folder.path.name: folder.journal_file.read_text().count('"event": "end"') for folder in folders(runs)}


def _wait_for_work(child: "subprocess.Popen[bytes]", runs: Path, bytes_before: float) -> None:
    while child.poll() is None and progress(runs) <= bytes_before:
        time.sleep(0.05)


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
