"""`harness doctor` with a worker that is played: what is kept, what is printed beside the table, what is refused."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from harness.cli import main
from harness.files import disk
from harness.files.ceiling import Ceiling, read_ceiling, write_ceiling
from harness.run.child import VISIBLE, Command, Launcher
from harness.run.doctor import diagnose, scaled, show, show_json
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


@pytest.fixture(autouse=True)
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "WRITTEN", disk.BLOCK)


def played(ceiling: Ceiling | None, script: str = "") -> Launcher:
    def command(worker: Sequence[str], cluster: Cluster) -> Command:
        assert list(worker[:3]) == ["harness.worker.doctor", "--accelerator", "cpu"]
        if ceiling:
            write_ceiling(Path(worker[-1]), ceiling)
        return Command(("sh", "-c", script), {})

    return command


def test_what_was_measured_is_kept_and_shown_beside_the_table(tmp_path: Path) -> None:
    found = diagnose(tmp_path / "runs", CLUSTER, played(CEILING))
    assert read_ceiling(tmp_path / "runs") == CEILING
    assert found.disk.write > 0
    assert found.offload is None
    out = io.StringIO()
    show(found, Console(file=out, width=120))
    said = " ".join(out.getvalue().split())
    assert "matrix products, bf16 800 TFLOP/s 989 TFLOP/s 81%" in said
    assert "memory, copied 2.9 TB/s 3.35 TB/s 87%" in said
    assert "all-reduce, sent 400 GB/s" in said
    assert "host to device 50 GB/s" in said
    assert "device to host" not in said


def test_other_programs_get_all_of_it(tmp_path: Path) -> None:
    out = io.StringIO()
    show_json(diagnose(tmp_path, CLUSTER, played(CEILING)), Console(file=out, width=40))
    found = json.loads(out.getvalue())
    assert (found["matmul_bf16"], found["promised"]["matrix products, bf16"]) == (800e12, 989.4e12)
    assert found["disk"]["free"] > 0


def test_ceilings_say_what_the_planner_asks() -> None:
    assert (CEILING.matmul("bf16"), CEILING.matmul("fp32"), CEILING.bandwidth) == (800e12, 40e12, 3.0e12)


@pytest.mark.parametrize(
    ("script", "why"), [("echo harness: error: no driver; exit 1", "no driver"), ("exit 3", "ended with exit code 3")]
)
def test_a_worker_that_fails_says_why(tmp_path: Path, script: str, why: str) -> None:
    with pytest.raises(HarnessError, match=f"cluster 'mine': could not be measured: .*{why}"):
        diagnose(tmp_path, CLUSTER, played(None, script))


def test_too_few_accelerators_are_told_before_the_launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "0")
    with pytest.raises(HarnessError, match=r"cluster 'mine': 2 accelerators are wanted, but .* names 1"):
        diagnose(tmp_path, Cluster("mine", accelerator="cuda", processes_per_node=2), played(CEILING))
    assert not (tmp_path / "logs").exists()


def test_what_the_worker_said_is_found_before_the_launchers_own_words(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="could not be measured: no driver"):
        diagnose(tmp_path, CLUSTER, played(None, "echo harness: error: no driver; seq 90; exit 1"))


def test_an_offload_folder_is_measured_and_one_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    def with_folder(path: str) -> Cluster:
        return Cluster("mine", hardware=Hardware("cpu", 8.0, nvme_path=path, nvme_gb=8.0))

    assert diagnose(tmp_path, with_folder(str(tmp_path)), played(CEILING)).offload is not None
    with pytest.raises(
        HarnessError, match=r"cluster 'mine': hardware.nvme_path is '/no/such', which is no folder; make it"
    ):
        check_offload(with_folder("/no/such"))
    with pytest.raises(
        HarnessError, match=r"hardware.nvme_path is '/proc', which cannot be written \(.+\); name another"
    ):
        check_offload(with_folder("/proc"))


def test_the_command_ends_with_that_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("{name: mine, hardware: {device: cpu, host_memory_gb: 8, nvme_path: /no/such, nvme_gb: 8}}")
    assert main(["doctor", "--runs", str(tmp_path / "runs"), "--cluster", str(file)]) == 2
    assert "hardware.nvme_path is '/no/such', which is no folder; make it, or name another" in capsys.readouterr().err


def test_numbers_have_prefixes() -> None:
    assert [scaled(number, "B") for number in (2.5e12, 12.34e9, 1e6, 5.0)] == ["2.5 TB", "12.3 GB", "1 MB", "5 B"]
