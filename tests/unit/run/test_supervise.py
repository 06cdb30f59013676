"""A command that something kills is started again; one that ends by itself, or is asked to end, is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.run.conduct.supervise import OFTEN, supervised

DYING = """
import os, sys, signal
with open(sys.argv[1], "a") as file:
    print("x", file=file)
if len(open(sys.argv[1]).read().split()) <= int(sys.argv[2]):
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(int(sys.argv[3]))
"""


def line(file: Path, deaths: int, code: int) -> list[str]:
    return [sys.executable, "-c", DYING, str(file), str(deaths), str(code)]


@pytest.mark.parametrize(("deaths", "code"), [(0, 0), (3, 0), (2, 1)])
def test_it_is_started_until_it_ends_by_itself(tmp_path: Path, deaths: int, code: int) -> None:
    assert supervised(line(tmp_path / "starts", deaths, code)) == code
    assert len((tmp_path / "starts").read_text().split()) == deaths + 1


def test_what_is_always_killed_is_given_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert supervised(line(tmp_path / "starts", 99, 0)) == 128 + signal.SIGKILL
    assert len((tmp_path / "starts").read_text().split()) == OFTEN
    assert "was ended by SIGKILL 5 times within a minute" in capsys.readouterr().err


def test_whoever_asks_it_to_end_ends_both(tmp_path: Path) -> None:
    inner = f"import time, pathlib; pathlib.Path({str(tmp_path / 'begun')!r}).touch(); time.sleep(60)"
    call = f"supervised([sys.executable, '-c', {inner!r}])"
    outer = f"import sys; from harness.run.conduct.supervise import supervised; sys.exit({call})"
    child = subprocess.Popen([sys.executable, "-c", outer])
    while not (tmp_path / "begun").exists():
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait(20) == 128 + signal.SIGTERM


def test_under_nohup_a_closed_terminal_ends_neither(tmp_path: Path) -> None:
    inner = (
        "import pathlib, time; from harness.run.stop import interruptible; begun = pathlib.Path(%r)\n"
        "with interruptible(): begun.touch(); time.sleep(2)"
    )
    call = f"supervised([sys.executable, '-c', {inner % str(tmp_path / 'begun')!r}])"
    outer = f"import sys; from harness.run.conduct.supervise import supervised; sys.exit({call})"
    child = subprocess.Popen(["nohup", sys.executable, "-c", outer], start_new_session=True, stdin=subprocess.DEVNULL)
    while not (tmp_path / "begun").exists():
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGHUP)
    assert child.wait(20) == 0
