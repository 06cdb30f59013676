"""One small sweep over two hosts, by every launcher that can be had here: losses as on one host, whatever is lost."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.files.layout import folders
from harness.spec.phase import Train
from tests.end_to_end.emulated import slurm
from tests.end_to_end.hosts import ADDRESSES, Hosts, reached_by_ssh, two_hosts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
ONE_HOST = "processes_per_node: 2\n"
Losses = dict[str, float | None]


@pytest.fixture(scope="module")
def one_host(tmp_path_factory: pytest.TempPathFactory) -> Losses:
    """Final losses of two processes on one host, by phase."""
    runs = prepared(tmp_path_factory.mktemp("one"), ONE_HOST)
    finish(started(runs))
    return losses(runs)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with two_hosts() as made:
        yield made


@pytest.mark.parametrize("launcher", ["torchrun", "deepspeed"])
def test_two_hosts_give_the_losses_of_one(one_host: Losses, hosts: Hosts, tmp_path: Path, launcher: str) -> None:
    runs = prepared(tmp_path, f"launcher: {launcher}\nprocesses_per_node: 1\n{hosts.cluster}")
    finish(started(runs))
    assert losses(runs) == one_host
    said = "".join(log.read_text() for log in (runs / "logs").iterdir())
    assert all(f"[{name}]" in said for name in hosts.names)


@pytest.mark.parametrize("launcher", ["torchrun", "deepspeed_hostfile"])
def test_two_hosts_are_reached_by_ssh(one_host: Losses, hosts: Hosts, tmp_path: Path, launcher: str) -> None:
    """From the first, as `harness run` is started there."""
    reached = f"nodes: 2\nhosts: [{', '.join(ADDRESSES)}]\nnetwork_interface: eth0\n"
    runs = prepared(tmp_path, f"launcher: {launcher}\nprocesses_per_node: 1\n{reached}")
    with reached_by_ssh(hosts, tmp_path / "ssh") as environment:
        finish(started(runs, environment=environment, prefix=("ip", "netns", "exec", hosts.names[0])))
    assert losses(runs) == one_host


def test_a_launch_on_two_hosts_can_be_repeated_by_hand(one_host: Losses, hosts: Hosts, tmp_path: Path) -> None:
    runs = prepared(tmp_path, f"processes_per_node: 1\n{hosts.cluster}")
    finish(started(runs))
    for folder in folders(runs):
        if "tokenizer" not in folder.slug:
            folder.record_file.unlink()
    (script,) = (runs / "launches").glob("*.sh")
    finish(subprocess.Popen(["bash", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    assert losses(runs) == one_host


def test_a_host_that_is_killed_is_replaced_and_the_phase_finishes(
    one_host: Losses, hosts: Hosts, tmp_path: Path
) -> None:
    runs = prepared(tmp_path, f"processes_per_node: 1\n{hosts.cluster}")
    run = started(runs)
    until(lambda: list(runs.glob("*pretrain*/journal.jsonl")), run)
    for process in hosts.processes(1):
        process.kill()
    finish(run)
    assert losses(runs) == one_host
    (log,) = (runs / "logs").iterdir()
    assert f"host {hosts.names[1]} was lost (its agent ended with -9); it is started again there" in log.read_text()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a real Slurm with two emulated nodes."""
    with slurm(tmp_path_factory.mktemp("slurm") / "d") as environment:
        yield environment


SLURM = "launcher: slurm\nnodes: 2\nprocesses_per_node: 1\nslurm: {partition: main, time: '20'}\n"


def test_a_job_on_two_nodes_gives_the_losses_of_one(
    one_host: Losses, scheduler: dict[str, str], tmp_path: Path
) -> None:
    runs = prepared(tmp_path, SLURM)
    finish(started(runs, environment=scheduler))
    assert losses(runs) == one_host
    (job,) = (runs / "launches").glob("*.sbatch")
    assert "--nnodes 2" in job.read_text()


def test_a_job_that_nears_its_wall_time_is_queued_again_and_goes_on(
    one_host: Losses, scheduler: dict[str, str], tmp_path: Path
) -> None:
    """SIGUSR1 to the batch script is what `--signal=B:USR1@SECONDS` has Slurm send."""
    runs = prepared(tmp_path, SLURM)
    run = started(runs, environment=scheduler)
    until(lambda: list(runs.glob("*pretrain*/journal.jsonl")), run)
    (job,) = ask(scheduler, "squeue", "--noheader", "--format=%i").split()
    ask(scheduler, "scancel", "--batch", "--signal=USR1", job)
    finish(run)
    assert losses(runs) == one_host
    assert "Restarts=1" in ask(scheduler, "scontrol", "show", "job", job)
    (output,) = (runs / "launches").glob("*.out")
    assert f"job {job} is queued again and goes on from its last checkpoint" in output.read_text()


def test_a_launch_that_is_ended_ends_its_job(scheduler: dict[str, str], tmp_path: Path) -> None:
    runs = prepared(tmp_path, SLURM)
    run = started(runs, environment=scheduler)
    until(lambda: list(runs.glob("*pretrain*/journal.jsonl")), run)
    run.terminate()
    assert run.wait(60) == 143
    until(lambda: not ask(scheduler, "squeue", "--noheader"))


def test_a_sweep_that_is_submitted_at_once_finishes_without_a_conductor(
    one_host: Losses, scheduler: dict[str, str], tmp_path: Path
) -> None:
    runs = prepared(tmp_path, SLURM)
    assert "job" in finish(started(runs, "submit", environment=scheduler))
    until(lambda: not ask(scheduler, "squeue", "--noheader"))
    assert losses(runs) == one_host


def prepared(folder: Path, cluster: str) -> Path:
    """A run folder to be, beside the sweep and its cluster."""
    (folder / "clusters").mkdir(parents=True)
    (folder / "clusters" / "two.yaml").write_text(f"name: two\naccelerator: cpu\n{cluster}")
    shutil.copy(HERE / "tiny.yaml", folder)
    return folder / "runs"


def started(
    runs: Path, command: str = "run", environment: dict[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> "subprocess.Popen[str]":
    words = (*prefix, sys.executable, "-m", "harness.cli", command, str(runs.parent / "tiny.yaml"), "--runs", str(runs))
    environment = {**(environment or os.environ), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(run: "subprocess.Popen[str]") -> str:
    """What a command said that ends well."""
    said, _ = run.communicate(timeout=400)
    assert run.returncode == 0, said[-4000:]
    return said


def losses(runs: Path) -> Losses:
    """The final loss of each training, all of them finished."""
    found = folders(runs)
    assert len(found) == 7
    records = {folder: folder.record() for folder in found}
    assert all(records.values())
    trained = {folder.id: record for folder, record in records.items() if isinstance(folder.phase(), Train)}
    return {key: record.final_loss for key, record in trained.items() if record}


def ask(environment: dict[str, str], *words: str) -> str:
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def until(condition: Callable[[], object], run: "subprocess.Popen[str] | None" = None) -> None:
    deadline = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 200 s"
        assert run is None or run.poll() is None, run.communicate()[0][-4000:]
        time.sleep(0.1)
