"""What cannot be run is told before anything is launched."""

from typing import Any

import pytest

from harness.run.child import VISIBLE
from harness.spec.errors import HarnessError


def test_a_batch_that_the_processes_cannot_make_is_told_before_anything_runs(stage: Any) -> None:
    stage.sweep.write_text(stage.sweep.read_text().replace("batch_size: 16\ntargets", "batch_size: 15\ntargets"))
    with pytest.raises(HarnessError, match=r"batch size 15: 2 processes cannot share it equally; nearest: 14 or 16"):
        stage.conduct()
    assert stage.performed == []


def test_too_few_accelerators_are_told_before_anything_runs(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = stage.sweep.parent / "clusters" / "local.yaml"
    cluster.write_text(cluster.read_text().replace("cpu", "cuda"))
    monkeypatch.setenv(VISIBLE, "0")
    with pytest.raises(HarnessError, match=r"cluster 'local': 2 accelerators are wanted, but .* names 1"):
        stage.conduct()
    assert not (stage.runs / "logs").exists()


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        (None, "no folder on NVMe to offload to; give hardware.nvme_path in its file"),
        ("/no/such", "hardware.nvme_path is '/no/such', which is no folder; make it, or name another"),
    ],
)
def test_an_offload_folder_that_cannot_be_used_is_told_before_anything_runs(
    stage: Any, folder: str | None, sentence: str
) -> None:
    stage.sweep.write_text(stage.sweep.read_text() + "strategy: zero3_nvme\n")
    path = f", nvme_path: {folder}, nvme_gb: 900" if folder else ""
    hardware = f"{{device: cpu, host_memory_gb: 900, memory_gb: 400, nvme_gb_s: 3{path}}}"
    (stage.sweep.parent / "clusters" / "local.yaml").write_text(
        f"{{name: local, accelerator: cpu, processes_per_node: 2, hardware: {hardware}}}\n"
    )
    with pytest.raises(HarnessError, match=sentence):
        stage.conduct()
    assert stage.performed == []


def test_what_was_left_on_nvme_is_deleted_when_a_launch_has_ended(stage: Any) -> None:
    folder = stage.runs / "nvme"
    folder.mkdir()
    stage.sweep.write_text(stage.sweep.read_text() + "strategy: zero3_nvme\n")
    hardware = f"{{device: cpu, host_memory_gb: 900, memory_gb: 400, nvme_gb: 900, nvme_gb_s: 3, nvme_path: {folder}}}"
    (stage.sweep.parent / "clusters" / "local.yaml").write_text(
        f"{{name: local, accelerator: cpu, processes_per_node: 2, hardware: {hardware}}}\n"
    )
    stage.play(target__toy_senses="fill nvme")
    stage.conduct()
    assert stage.statuses.keys() == {"done"}
    assert (stage.runs / "was_on_nvme").read_text()
    assert list(folder.iterdir()) == []
