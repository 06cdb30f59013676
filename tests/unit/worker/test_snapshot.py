"""Files of a checkpoint: taken as they are now, hashed as they are written, and what went wrong told."""

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.worker import snapshot
from harness.worker.snapshot import Snapshots


@pytest.mark.parametrize("room", [10**15, 0])
def test_what_is_written_is_the_state_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(snapshot, "free_memory", lambda: room)
    snapshots, tensor = Snapshots(), torch.zeros(1000)
    snapshots.save({"weights": tensor, "step": 3}, str(tmp_path / "states.pt"))
    tensor += 1.0
    assert snapshots.finish() is None
    found = snapshots.load(str(tmp_path / "states.pt"))
    assert found["step"] == 3
    assert not found["weights"].any()
    content = (tmp_path / "states.pt").read_bytes()
    assert snapshots.written == {tmp_path / "states.pt": hashlib.sha256(content).hexdigest()}
    snapshots.close()


@pytest.mark.parametrize("room", [10**15, 0])
def test_what_could_not_be_written_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr(snapshot, "free_memory", lambda: room)
    snapshots = Snapshots()
    snapshots.save({"weights": torch.zeros(1 << 20)}, "/dev/full")
    assert isinstance(snapshots.finish(), OSError)
    assert snapshots.finish() is None
    assert snapshots.written == {}
    snapshots.close()


def test_what_was_written_in_vain_takes_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot.os, "fsync", full)
    snapshots = Snapshots()
    snapshots.keep(b"states", tmp_path / "random.safetensors")
    assert isinstance(snapshots.finish(), OSError)
    assert (tmp_path / "random.safetensors").stat().st_size == 0
    snapshots.close()


def test_neighbours_share_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "free_memory", lambda: 100_000)
    for neighbours, copied in ((1, True), (8, False)):
        snapshots = Snapshots(neighbours)
        kept: list[Any] = []
        monkeypatch.setattr(snapshots, "keep", lambda *of, kept=kept: kept.append(of))
        snapshots.save({"weights": torch.zeros(4000)}, str(tmp_path / "states.pt"))
        assert bool(kept) == copied
        snapshots.close()


def test_it_is_busy_while_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr(snapshot.os, "fsync", lambda handle: go.wait(10))
    snapshots = Snapshots()
    snapshots.keep(b"states", tmp_path / "random.safetensors")
    assert snapshots.busy
    go.set()
    assert snapshots.finish() is None
    assert not snapshots.busy
    snapshots.close()
