"""`harness doctor` with a worker that is played: what is found and kept, what is printed, how it ends."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.cli import main
from harness.files import disk
from harness.files.ceiling import Ceiling, read_ceiling, write_ceiling
from harness.files.survey import Process, Sharing, Survey, write_survey
from harness.run.child import VISIBLE, Command, Launcher
from harness.run.doctor.diagnose import Asked, Diagnosis, diagnose
from harness.run.doctor.examine import examine
from harness.run.doctor.finding import Finding
from harness.run.doctor.rates import check_rates, scaled
from harness.run.doctor.show import show, show_json
from harness.run.launch import torchrun
from harness.run.offload import check_offload
from harness.spec.cluster import Cluster, Hardware
from harness.spec.errors import HarnessError

CEILING = Ceiling(
    "NVIDIA H100 80GB HBM3",
    2,
    1,
    {"torch": "2"},
    "now",
    40e12,
    800e12,
    2.9e12,
    3.0e12,
    all_reduce=400e9,
    to_device=50e9,
)
CLUSTER = Cluster("mine", processes_per_node=2)

Played = Callable[..., Launcher]


@pytest.fixture(autouse=True)
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "WRITTEN", disk.BLOCK)


@pytest.fixture
def played(process: Callable[..., Process]) -> Played:
    """A launcher whose worker leaves a survey of two nodes and `ceiling`, and then runs `script`."""

    def launcher(
        ceiling: Ceiling | None, script: str = "", processes: Sequence[Process] = (process(0, "a"),)
    ) -> Launcher:
        def command(worker: Sequence[str], cluster: Cluster) -> Command:
            assert list(worker[:3]) == ["harness.worker.doctor", "--accelerator", "cpu"]
            if processes:
                write_survey(Path(worker[-1]), Survey(tuple(processes)))
            if ceiling and "--quick" not in worker:
                write_ceiling(Path(worker[-1]), ceiling)
            return Command(("sh", "-c", script), {})

        return command

    return launcher


def asked(runs: Path, cluster: Cluster = CLUSTER, quick: bool = False) -> Asked:
    return Asked(runs, cluster, f"sqlite:///{runs}/mlflow.db", quick=quick)


def of(found: Diagnosis, check: str) -> list[Finding]:
    return [finding for finding in found.findings if finding.check == check]


def printed(found: Diagnosis, cluster: Cluster = CLUSTER) -> str:
    out = io.StringIO()
    show(found, cluster, Console(file=out, width=160))
    return " ".join(out.getvalue().split())


def test_what_was_measured_is_kept_and_shown_beside_the_table(tmp_path: Path, played: Played) -> None:
    found = diagnose(asked(tmp_path / "runs"), played(CEILING))
    assert read_ceiling(tmp_path / "runs") == CEILING
    assert found.disk is not None
    assert found.disk.write > 0
    assert found.offload is None
    said = printed(found)
    assert "matrix products, bf16 800 TFLOP/s 989 TFLOP/s 81%" in said
    assert "memory, copied 2.9 TB/s 3.35 TB/s 87%" in said
    assert "all-reduce, sent 400 GB/s" in said
    assert "host to device 50 GB/s" in said
    assert "device to host" not in said
    assert "ok run folder: all 1 processes on this node read and write it" in said


def test_a_quick_look_measures_nothing(tmp_path: Path, played: Played) -> None:
    found = diagnose(asked(tmp_path, quick=True), played(CEILING))
    assert (found.ceiling, found.disk, read_ceiling(tmp_path)) == (None, None, None)
    assert of(found, "clocks")
    assert "TFLOP/s" not in printed(found)


def test_other_programs_get_all_of_it(tmp_path: Path, played: Played) -> None:
    out = io.StringIO()
    show_json(diagnose(asked(tmp_path), played(CEILING)), CLUSTER, Console(file=out, width=40))
    found = json.loads(out.getvalue())
    assert (found["matmul_bf16"], found["promised"]["matrix products, bf16"]) == (800e12, 989.4e12)
    assert found["disk"]["free"] > 0
    assert {"check", "level", "says", "remedy"} == set(found["findings"][0])


def test_ceilings_say_what_the_planner_asks() -> None:
    assert (CEILING.matmul("bf16"), CEILING.matmul("fp32"), CEILING.bandwidth) == (800e12, 40e12, 3.0e12)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo harness: error: no driver; exit 1", "no driver"),
        ("echo harness: error: no driver; seq 90; exit 1", "no driver"),
        ("exit 3", "it ended with exit code 3"),
    ],
)
def test_a_worker_that_fails_is_a_finding_and_the_rest_goes_on(
    tmp_path: Path, played: Played, script: str, why: str
) -> None:
    found = diagnose(asked(tmp_path), played(None, script))
    (launch,) = of(found, "launch")
    assert not found.sound
    assert launch.says.startswith(f"cluster 'mine': could not be looked at: {why} (log: ")
    assert of(found, "versions")
    assert of(found, "network")
    assert not of(found, "clocks")


def test_a_folder_that_the_first_process_does_not_share_is_told(tmp_path: Path, played: Played) -> None:
    with pytest.raises(HarnessError, match=r"survey.json is not there: its first process has another folder"):
        examine(tmp_path, CLUSTER, played(CEILING, processes=()))


def test_what_nodes_found_is_judged(tmp_path: Path, played: Played, process: Callable[..., Process]) -> None:
    apart = [process(0, "a"), process(1, "b", sharing=Sharing(read=False, found=False))]
    found = diagnose(asked(tmp_path, replace(CLUSTER, nodes=2)), played(CEILING, processes=apart))
    assert [each.level for each in of(found, "run folder")] == ["ok", "error"]
    assert "2 nodes" in printed(found)


def test_too_few_accelerators_are_told_before_the_launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "0")
    cluster = Cluster("mine", accelerator="cuda", processes_per_node=2)
    (launch,) = of(diagnose(asked(tmp_path, cluster), torchrun.command), "launch")
    assert launch.level == "error"
    assert "cluster 'mine': 2 accelerators are wanted, but CUDA_VISIBLE_DEVICES names 1" in launch.says
    assert not (tmp_path / "logs").exists()


def test_slow_links_are_told_with_what_the_file_promises() -> None:
    hardware = Hardware("h100_sxm", 60.0, link_gb_s=900, network_gb_s=500, pcie_gb_s=120)
    found = check_rates(CEILING, replace(CLUSTER, hardware=hardware))
    assert [each.says for each in found] == [
        "all-reduce, sent: 400 GB/s, 44% of 900 GB/s",
        "host to device: 50 GB/s, 42% of 120 GB/s",
    ]
    across = check_rates(CEILING, replace(CLUSTER, nodes=2, hardware=hardware))
    assert [each.says for each in across] == ["host to device: 50 GB/s, 42% of 120 GB/s"]
    assert [each.level for each in check_rates(CEILING, CLUSTER)] == ["ok"]


def test_an_offload_folder_is_measured_and_one_that_cannot_be_used_is_an_error(tmp_path: Path, played: Played) -> None:
    def with_folder(path: str) -> Cluster:
        return Cluster("mine", hardware=Hardware("cpu", 8.0, nvme_path=path, nvme_gb=8.0))

    assert diagnose(asked(tmp_path, with_folder(str(tmp_path))), played(CEILING)).offload is not None
    found = diagnose(asked(tmp_path, with_folder("/no/such")), played(CEILING))
    (folder,) = of(found, "offload folder")
    assert "hardware.nvme_path is '/no/such', which is no folder; make it" in folder.says
    assert [each.says for each in of(found, "launch")] == ["was not tried, since a folder cannot be used"]
    with pytest.raises(
        HarnessError, match=r"hardware.nvme_path is '/proc', which cannot be written \(.+\); name another"
    ):
        check_offload(with_folder("/proc"))


def test_the_command_ends_with_1_where_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("{name: mine, hardware: {device: cpu, host_memory_gb: 8, nvme_path: /no/such, nvme_gb: 8}}")
    line = ["doctor", "--runs", str(tmp_path / "runs"), "--cluster", str(file), "--mlflow", "http://127.0.0.1:9"]
    assert main(line) == 1
    said = capsys.readouterr().out
    assert "error   offload folder: cluster 'mine': hardware.nvme_path is '/no/such', which is no folder" in said
    assert "error   MLflow: http://127.0.0.1:9 does not answer" in said
    assert "-> mount it on every node" in said
    assert "3 errors" in said


def test_numbers_have_prefixes() -> None:
    assert [scaled(number, "B") for number in (2.5e12, 12.34e9, 1e6, 5.0)] == ["2.5 TB", "12.3 GB", "1 MB", "5 B"]
