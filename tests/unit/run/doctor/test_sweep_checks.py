"""What a sweep lacks before it begins: data, models, a batch that the cluster can make, room."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.files.disk import Left
from harness.run.child import Command
from harness.run.doctor import diagnose as module
from harness.run.doctor.diagnose import Asked, diagnose
from harness.run.doctor.sweep import check_sweep, on_this_machine
from harness.run.study import Work, open_work
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

CLUSTER = "{name: local, accelerator: cpu, processes_per_node: 2}\n"
SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [toy_qa]
epochs: 1
batch_size: 16
targets: [{task: toy_senses, languages: [en], limit: 20, train_limit: 32}]
recipe: {target: {toy_senses: {batch_size: 16}}}
"""


def opened(folder: Path, text: str = SWEEP) -> Work:
    (folder / "clusters").mkdir()
    (folder / "clusters" / "local.yaml").write_text(CLUSTER)
    (folder / "made.yaml").write_text(text)
    return open_work(folder / "made.yaml", None, folder / "runs")


def test_a_sweep_with_everything_at_hand_is_right(tmp_path: Path) -> None:
    found = check_sweep(opened(tmp_path), {}, lambda model: True)
    assert [(each.check, each.level) for each in found] == [("data", "ok"), ("models", "ok"), ("sweep", "ok")]


@pytest.mark.parametrize(("offline", "level"), [("1", "error"), ("0", "warning"), ("true", "error"), ("", "warning")])
def test_a_model_that_is_elsewhere_stops_only_who_is_offline(tmp_path: Path, offline: str, level: str) -> None:
    found = check_sweep(opened(tmp_path), {"HF_HUB_OFFLINE": offline}, on_this_machine(tmp_path))
    (model,) = (each for each in found if each.check == "models")
    assert model.level == level
    assert "is not on this machine" in model.says
    assert "`harness data fetch SWEEP --data DIR`" in model.remedy


def test_a_damaged_mirror_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*asked: object) -> Path:
        raise HarnessError("manifest.json: not complete JSON")

    work = opened(tmp_path)
    monkeypatch.setattr("harness.run.doctor.sweep.mirrored_model", damaged)
    assert check_sweep(work, {}, on_this_machine(tmp_path))[1].level == "warning"


def test_missing_data_and_an_unpinned_model_are_errors(tmp_path: Path) -> None:
    text = SWEEP.replace("toy_qa", "anli").replace("xlm_r/base", "bloom/1b7")
    found = check_sweep(opened(tmp_path, text), {}, lambda model: True)
    assert {each.check: each.says for each in found if each.level == "error"} == {
        "data": "not at hand: anli (train)",
        "models": "the revision of bigscience/bloom-1b7 is not pinned",
    }


def test_a_batch_that_the_processes_cannot_make_is_an_error(tmp_path: Path) -> None:
    found = check_sweep(
        opened(tmp_path, SWEEP.replace("batch_size: 16\nt", "batch_size: 15\nt")), {}, lambda model: True
    )
    (wrong,) = (each for each in found if each.level == "error")
    assert "batch size 15: 2 processes cannot share it equally" in wrong.says


def test_a_sweep_that_does_not_fit_the_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(worker: Sequence[str], cluster: Cluster) -> Command:
        raise HarnessError("no launch here")

    monkeypatch.setattr(module, "left", lambda folder: Left(10**9, 10**6))
    asked = Asked(tmp_path / "runs", Cluster("mine"), f"sqlite:///{tmp_path}/m.db", opened(tmp_path), quick=True)
    (room,) = (each for each in diagnose(asked, refused).findings if each.check == "disk")
    assert room.level == "error"
    assert "has 1 GB free, the sweep still needs" in room.says
