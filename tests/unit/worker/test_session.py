"""A process without an accelerator says so before it joins the others."""

import pytest
import torch

from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.worker.session import open_session


def test_a_process_without_an_accelerator_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    expected = r"process 1 of this host has no accelerator: torch \S+ finds 1; see to the driver, or name a cluster"
    with (
        pytest.raises(HarnessError, match=expected),
        open_session(Placement("cuda", 2, 0, "zero0", 1, 1, 1, 60)),
    ):
        pass
