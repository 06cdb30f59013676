"""A small sweep whose worker is played, commands that conduct it in processes of their own, and a played Slurm."""

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psutil
import pytest

from harness.files.atomic import write_json, write_text
from harness.files.layout import PhaseFolder, folder_of
from harness.files.lease import release
from harness.run.child import Launcher
from harness.run.conduct import setbacks
from harness.run.conduct.ledger import Limit
from harness.run.conduct.loop import conduct
from harness.run.store import States, states
from harness.run.study import Work, open_work
from harness.run.track.projecting import Projection
from harness.run.watch import Activity
from harness.spec.phase import AnyPhase, slug
from harness.spec.record import Cost, Record

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")
FAKE_SLURM = Path(__file__).with_name("fake_slurm.py")
CLUSTER = "{name: local, accelerator: cpu, processes_per_node: 2, launches: 2}\n"

NO_WAITS = (0.0,)

SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [toy_qa, toy_polarity]
steps: 5
batch_size: 16
targets: [{task: toy_senses, languages: [en], limit: 20, train_limit: 32}]
recipe: {target: {toy_senses: {duration: {unit: steps, amount: 5}, batch_size: 16}}}
"""


@dataclass
class Heard:
    """A display that remembers."""

    said: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    activities_at_once: list[tuple[Activity, ...]] = field(default_factory=list)

    def __enter__(self) -> "Heard":
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def activities(self, now: Sequence[Activity]) -> None:
        self.activities_at_once.append(tuple(now))

    def finished(self, name: str) -> None:
        self.names.append(name)

    def count(self, done: int, total: int) -> None:
        pass

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


@dataclass
class Stage:
    """A run folder with the small sweep; `play` says which phases misbehave and how."""

    sweep: Path
    runs: Path
    heard: Heard = field(default_factory=Heard)
    published: int = 0
    followed: int = 0

    @cached_property
    def work(self) -> Work:
        """The sweep opened, once."""
        return open_work(self.sweep, None, self.runs)

    @property
    def states(self) -> States:
        return states(self.runs, self.work.plan)

    @property
    def statuses(self) -> Counter[str]:
        return Counter(state.status for state in self.states.values())

    @property
    def performed(self) -> list[str]:
        """Ids of the phases that a worker began, in order."""
        file = self.runs / "performed"
        return file.read_text().split() if file.exists() else []

    def play(self, **misbehaviour: str) -> None:
        """Say how phases misbehave, by slug with underscores: `fail`, `die`, `wait` ..."""
        named = {name.replace("__", "-"): how for name, how in misbehaviour.items()}
        (self.runs / "play.json").write_text(json.dumps(named))

    def launch_at_most(self, launches: int) -> None:
        """Set how many launches its cluster of two processes allows at once."""
        file = self.sweep.parent / "clusters" / "local.yaml"
        file.write_text(re.sub(r"launches: \d", f"launches: {launches}", file.read_text()))

    def folder(self, name: str) -> PhaseFolder:
        """The folder of the first phase with this slug."""
        work = self.work
        return folder_of(work.runs, next(phase for phase in work.plan if slug(phase) == name))

    def finish(self, folder: PhaseFolder) -> None:
        """Leave what "another" command, which has the lease of a phase, leaves when it has done it."""
        write_text(folder.weights / "weights", folder.id)
        write_json(folder.record_file, Record(folder.id, folder.slug, Cost(), {}, "", "now", "exact"))
        release(folder.lease_file, "another")

    @property
    def launcher(self) -> Launcher:
        """Launches the worker that is played."""
        return runpy.run_path(str(FAKE_WORKER))["command"]  # type: ignore[no-any-return]

    def conduct(self, limit: Limit | None = None) -> States:
        """Conduct in this process."""
        return conduct(self.work, self.launcher, self.heard, Projection(self._publish, self._follow), limit)

    @property
    def line(self) -> str:
        """The command line that conducts the sweep."""
        return shlex.join([sys.executable, str(FAKE_WORKER), "conduct", str(self.sweep), str(self.runs)])

    def start(self) -> "subprocess.Popen[str]":
        """Conduct in a process of its own."""
        return subprocess.Popen(shlex.split(self.line), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, text=True)

    def _publish(self) -> None:
        self.published += 1

    def _follow(self, phases: Sequence[AnyPhase]) -> None:
        self.followed += 1


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(setbacks, "WAITS", NO_WAITS)
    monkeypatch.setattr(setbacks, "PAUSES", NO_WAITS)
    sweep = tmp_path / "made.yaml"
    sweep.write_text(SWEEP)
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "local.yaml").write_text(CLUSTER)
    (tmp_path / "runs").mkdir()
    made = Stage(sweep, tmp_path / "runs")
    made.play()
    yield made
    (made.runs / "go").touch()
    for process in psutil.process_iter(["cmdline"]):
        if str(tmp_path) in " ".join(process.info["cmdline"] or []):
            process.kill()


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a Slurm that is played, whose commands are found first."""
    folder = tmp_path / "slurm"
    commands = folder / "bin"
    commands.mkdir(parents=True)
    for name in ("sbatch", "squeue", "scontrol", "scancel", "srun"):
        (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE_SLURM} {name} "$@"\n')
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SLURM", str(folder))
    return folder


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait for a condition, at most half a minute."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not happen within 30 s"
            time.sleep(0.05)

    return wait
