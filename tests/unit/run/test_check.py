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
