"""A process without an accelerator says so before it joins the others."""

import pytest
import torch

from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.worker.session import _neighbours, open_session


def test_a_process_without_an_accelerator_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    expected = r"process 1 of this host has no accelerator: torch \S+ finds 1; see to the driver, or name a cluster"
    with (
        pytest.raises(HarnessError, match=expected),
        open_session(Placement("cuda", 2, 0, "zero0", 1, 1, 1, 60)),
    ):
        pass


def test_both_launchers_tell_how_many_processes_share_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_WORLD_SIZE", "LOCAL_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert _neighbours() == 1
    monkeypatch.setenv("LOCAL_SIZE", "4")
    assert _neighbours() == 4
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    assert _neighbours() == 8
