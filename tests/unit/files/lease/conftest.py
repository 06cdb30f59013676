"""A lease, and time as its module sees it."""

from pathlib import Path

import pytest

from harness.files import lease as leases
from harness.files.lease import Lease, acquire, read_lease
from tests.unit.files.lease.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(leases, "time", made)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lease.json"


@pytest.fixture
def mine(path: Path) -> Lease:
    assert acquire(path, "mine")
    held = read_lease(path)
    assert held
    return held
