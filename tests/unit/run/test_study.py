"""What a sweep file names is found: beside it, else among the harness's own files."""

from pathlib import Path

import pytest

from harness.run.study import open_cluster
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
