"""A folder with sweeps, in which the command line is tried."""

from pathlib import Path

import pytest

from tests.unit.sweeps import CLUSTER, REAL, SWEEP


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "local.yaml").write_text(CLUSTER)
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    (tmp_path / "real.yaml").write_text(REAL)
    monkeypatch.chdir(tmp_path)
    return tmp_path
