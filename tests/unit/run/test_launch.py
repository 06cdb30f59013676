"""Launches: their command lines, what reaches the log, and their certain end."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.run import child, pump
from harness.run.child import VISIBLE, Command, Launch, ending, launched
from harness.run.launch import deepspeed, torchrun
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

CLUSTER = Cluster("test", processes_per_node=3, threads_per_process=4)
FOLDERS = [Path("/runs/a"), Path("/runs/b")]
# A child that ignores being asked, with a grandchild in a session of its own, as torchrun's workers have.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("launcher", [torchrun, deepspeed])
def test_the_worker_gets_its_owner_and_folders_last(launcher: Any) -> None:
    command = launcher.command(child.phases(FOLDERS, "me"), CLUSTER)
    assert command.arguments[0] == sys.executable
    assert command.arguments[-5:] == ("harness.worker", "--owner", "me", "/runs/a", "/runs/b")
    assert "3" in command.arguments
    assert command.environment["OMP_NUM_THREADS"] == command.environment["RAYON_NUM_THREADS"] == "4"
    assert command.environment["DS_ACCELERATOR"] == "cpu"


def test_a_share_gets_the_accelerators_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster("test", accelerator="cuda", processes_per_node=4, launches=2)
    monkeypatch.delenv(VISIBLE, raising=False)
    shares = [cluster, cluster.share(0), cluster.share(1)]
    assert [child.worker_environment(each)[VISIBLE] for each in shares] == ["0,1,2,3", "0,1", "2,3"]
    monkeypatch.setenv(VISIBLE, "1,3,5,7")
    assert child.worker_environment(cluster.share(1))[VISIBLE] == "5,7"
    assert "--num_gpus" not in deepspeed.command(["a"], cluster.share(1)).arguments  # it takes the first ones
    monkeypatch.setenv(VISIBLE, "1,3,5")
    with pytest.raises(HarnessError, match="4 accelerators are wanted, but CUDA_VISIBLE_DEVICES names 3; name more"):
        child.worker_environment(cluster.share(1))


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("", "1 accelerators are wanted, but CUDA_VISIBLE_DEVICES names 0"),
        ("0,-1", "CUDA_VISIBLE_DEVICES is '0,-1', but a negative number names no accelerator; leave it out"),
        ("-1", "CUDA_VISIBLE_DEVICES is '-1', but a negative number"),
    ],
)
def test_accelerators_that_are_hidden_are_not_used(monkeypatch: pytest.MonkeyPatch, named: str, sentence: str) -> None:
    monkeypatch.setenv(VISIBLE, named)
    with pytest.raises(HarnessError, match=sentence):
        child.devices(Cluster("test", accelerator="cuda", processes_per_node=1))


def test_blanks_between_accelerators_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, " GPU-a, GPU-b ,")
    cluster = Cluster("test", accelerator="cuda", processes_per_node=1, first_device=1)
    assert child.devices(cluster) == ["GPU-b"]


def test_modules_are_not_taken_from_the_current_directory(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('taken from the current directory')")
    command = Command((sys.executable, "-m", "json.tool", os.devnull), child.worker_environment(CLUSTER))
    with launched(command, tmp_path / "log", tmp_path) as launch:
        launch.wait(20)
    assert "current directory" not in "".join(launch.last_lines)


def test_tools_of_this_python_are_found_first(tmp_path: Path) -> None:
    with launched(Command(("ninja", "--version"), {}), tmp_path / "log", tmp_path) as launch:
        assert launch.wait(20) == 0


def test_output_is_logged_and_its_end_remembered(tmp_path: Path) -> None:
    shout = "import sys; [print(i, file=sys.stderr) for i in range(300)]"
    with launched(Command((sys.executable, "-c", shout), {}), tmp_path / "logs" / "log", tmp_path) as launch:
        assert launch.wait(20) == 0
    assert (tmp_path / "logs" / "log").read_text().split() == [str(number) for number in range(300)]
    assert list(launch.last_lines) == [str(number) for number in range(300 - child.LAST_LINES, 300)]


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    with launched(Command(("echo", "heard"), {}), Path("/dev/full"), tmp_path) as launch:
        assert launch.wait(20) == 0
    assert list(launch.last_lines) == ["heard"]


def test_output_goes_on_after_the_conductor_has_died(tmp_path: Path) -> None:
    """Where the reader of a pipe dies, its writer would die of SIGPIPE."""
    script = "import time; print(1, flush=True); time.sleep(1); print(2, flush=True)"
    conductor = (
        "import os, sys, time; from pathlib import Path; from harness.run.child import Command, Launch;"
        f"Launch(Command((sys.executable, '-c', {script!r}), {{}}), Path({str(tmp_path / 'log')!r}), Path('/'));"
        "time.sleep(0.3); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", conductor], check=False)
    deadline = time.monotonic() + 20
    while (tmp_path / "log").read_text().split() != ["1", "2"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_process_of_a_launch_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE", 0.5)
    with launched(Command((sys.executable, "-c", STUBBORN), {}), tmp_path / "log", tmp_path) as launch:
        family = _family(launch)
        assert len(family) == 1
    assert not any(map(_at_work, family))


def test_a_grandchild_ends_even_if_its_parent_died_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE", 0.5)
    with launched(Command((sys.executable, "-c", STUBBORN), {}), tmp_path / "log", tmp_path) as launch:
        family = _family(launch)
        launch.wait(0.1)
        family[0].parent().kill()
        assert launch.wait(20) == -9
    assert not any(map(_at_work, family))


def test_endings_are_said_in_words() -> None:
    assert ending(3) == "ended with exit code 3"
    assert ending(-9) == "was ended by SIGKILL"


def test_a_closed_output_does_not_stop_the_others(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123
        pump.pump([b"one\n", b"two\n"], [full, log])
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"


def _family(launch: Launch) -> list[psutil.Process]:
    deadline = time.monotonic() + 20
    while not launch.last_lines:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [psutil.Process(int(launch.last_lines[0]))]


def _at_work(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_processes_of_a_launcher_that_was_killed_are_asked_to_end(tmp_path: Path) -> None:
    """A worker that hears it takes a checkpoint; without a word it would work on until its grace is over."""
    worker = "trap 'echo asked; exit 75' TERM; echo ready; while true; do sleep 0.1; done"
    command = Command(("bash", "-c", f"setsid bash -c {shlex.quote(worker)} & wait"), {}, grace=60.0)
    with launched(command, tmp_path / "log", tmp_path) as launch:
        while "ready" not in launch.last_lines:
            launch.wait(0.1)
        launch.wait(0.1)  # a process is known once it was there at a look
        began = time.monotonic()
        psutil.Process(launch._child.pid).kill()
        assert launch.wait(10) == -9
    assert "asked" in launch.last_lines
    assert time.monotonic() - began < 30
