"""Before a long run, as whole commands: `harness doctor` over two processes, and `harness run --smoke` of a sweep."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.files.ceiling import read_ceiling
from harness.files.layout import folders, smoke_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHECKOUT = Path(__file__).resolve().parents[2]
TWO = CHECKOUT / "jobs" / "clusters" / "two_processes.yaml"
SMALL = Path(__file__).with_name("small.yaml")


def command(*words: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "harness.cli", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_two_processes_find_one_folder_and_one_time(tmp_path: Path) -> None:
    done = command("doctor", SMALL, "--cluster", TWO, "--runs", tmp_path, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    findings = {(each["check"], each["level"]): each["says"] for each in found["findings"]}
    assert not [key for key in findings if key[1] == "error"]
    assert findings["launch", "ok"].startswith("2 processes by torchrun")
    assert findings["run folder", "ok"] == "all 2 processes on this node read and write it"
    assert findings["clocks", "ok"].startswith("within 0.0")
    assert findings["sweep", "ok"] == "small: all 72 phases can be placed"
    assert found["processes"] == 2
    ceiling = read_ceiling(tmp_path)
    assert ceiling is not None
    assert ceiling.matmul_fp32 == found["matmul_fp32"] > 1e9


@pytest.mark.parametrize("launcher", ["torchrun", "deepspeed"])
def test_an_interface_that_is_none_is_told_though_no_process_could_meet(tmp_path: Path, launcher: str) -> None:
    line = ("doctor", "--quick", "--cluster", TWO, "--launcher", launcher, "--runs", tmp_path)
    done = command(*line, GLOO_SOCKET_IFNAME="none7")
    assert done.returncode == 1
    assert "error   launch: cluster 'two_processes': could not be looked at: " in done.stdout
    assert "error   network: GLOO_SOCKET_IFNAME is 'none7' on " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_every_kind_of_phase_is_tried_and_nothing_is_run(tmp_path: Path) -> None:
    shutil.copy(SMALL, tmp_path)
    done = command("run", "--smoke", tmp_path / SMALL.name, "--cluster", TWO, "--runs", tmp_path / "runs")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "14 kinds of phase among 72 phases" in done.stdout
    assert done.stdout.count(" passed") == 14
    assert "failed" not in done.stdout
    assert folders(tmp_path / "runs") == ()
    assert len(folders(smoke_folder(tmp_path / "runs"))) >= 14
    assert not list((tmp_path / "runs").rglob("mlflow.db"))
    assert not list((tmp_path / "runs").rglob("scores.json"))


def test_what_would_break_later_breaks_now(tmp_path: Path) -> None:
    """A learning rate that makes the loss infinite ends the tagging stage within some steps."""
    text = SMALL.read_text().replace(
        "toy_senses: {learning_rate: 1e-3", "toy_senses: {learning_rate: 1e+30, warmup: 0.0"
    )
    (tmp_path / "broken.yaml").write_text(text)
    done = command("run", "--smoke", tmp_path / "broken.yaml", "--cluster", TWO, "--runs", tmp_path / "runs")
    assert done.returncode == 1
    assert "the loss is " in done.stdout
    assert "not every kind of phase can be run" in done.stderr
    assert "train mlm 128 tokens fp32" in done.stdout
