"""What a sweep file names is found: beside it, else among the harness's own files."""

from pathlib import Path

import pytest

from harness.run.study import open_cluster, open_strategies
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError


def test_a_cluster_is_found_beside_the_sweep_or_among_the_harnesss_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = tmp_path / "sweep.yaml"
    assert open_cluster(sweep, "local", None).name == "local"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HarnessError, match=rf"^no cluster 'locl' in {tmp_path}/clusters; did you mean 'local'"):
        open_cluster(Path("sweep.yaml"), "locl", None)
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "local.yaml").write_text("{name: mine}\n")
    assert open_cluster(sweep, "local", None).name == "mine"


@pytest.mark.parametrize(
    ("accelerator", "device", "said"),
    [
        ("cuda", "h100_smx", "hardware.device: there is no accelerator 'h100_smx'; did you mean 'h100_sxm'"),
        ("cpu", "h100_sxm", "accelerator is 'cpu', but hardware.device is 'h100_sxm', which needs `accelerator: cuda`"),
        ("cuda", "cpu", "accelerator is 'cuda', but hardware.device is 'cpu', which needs `accelerator: cpu`"),
    ],
)
def test_a_device_that_cannot_be_is_told_with_the_clusters_file(
    tmp_path: Path, accelerator: str, device: str, said: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{{name: mine, accelerator: {accelerator}, hardware: {{device: {device}, host_memory_gb: 8}}}}")
    with pytest.raises(HarnessError, match=rf"^{file}: {said}"):
        open_cluster(tmp_path / "sweep.yaml", "mine", file)


def test_a_launcher_that_is_none_is_told_with_the_clusters_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("{name: mine, launcher: torchrum}")
    with pytest.raises(HarnessError, match=rf"^{file}: no launcher 'torchrum'; did you mean 'torchrun'\?"):
        open_cluster(tmp_path / "sweep.yaml", "mine", file)


def test_a_setting_of_a_strategy_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "ds_configs").mkdir()
    file = tmp_path / "ds_configs" / "mine.json"
    file.write_text('{"zero_optimization": {"stage": 1,\n "stage": 2}}')
    with pytest.raises(HarnessError, match=rf"^{file}, line 2: 'stage' occurs twice; expected memory settings"):
        open_strategies(tmp_path / "jobs" / "sweep.yaml", Cluster("local"), "mine")
