"""Checkpoints of one process: what is kept when it is asked to end, whatever is being written at that moment."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import nn

from harness.files import resume
from harness.files.layout import PhaseFolder
from harness.spec.checkpoint import Progress
from harness.spec.cluster import Placement
from harness.spec.phase import Train
from harness.worker import snapshot
from harness.worker.checkpoints import Checkpoints, News
from harness.worker.library import Library
from harness.worker.notice import Interrupted
from harness.worker.session import Session
from harness.worker.work import Work

CONFIG: dict[str, Any] = {"zero_optimization": {"stage": 0}, "bf16": {"enabled": False}}
PHASE = cast(Train, SimpleNamespace(recipe=SimpleNamespace(lora=None)))
QUIET = News(0.0, False, False, False, False)


class Alone(Session):
    """One process without a process group."""

    def agreed(self, value: Any) -> Any:
        return value

    def highest(self, number: float) -> float:
        return float(number)

    def everyones(self, values: Any) -> list[Any]:
        return list(values)


class Engine:
    """Saves as DeepSpeed does: through its checkpoint engine, into a folder that it makes."""

    checkpoint_engine: Any = None
    module = nn.Linear(2, 2)

    def save_checkpoint(self, folder: str, tag: str, **how: Any) -> None:
        self.checkpoint_engine.save({"step": tag}, f"{folder}/{tag}/states.pt")


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return made(tmp_path)


def made(tmp_path: Path, **cluster: float) -> Checkpoints:
    placement = replace(Placement("cpu", 1, 0, "zero0", 1, 1, 1, 60), **cluster)  # type: ignore[arg-type]
    session = Alone(0, 1, torch.device("cpu"))
    work = Work(session, PhaseFolder(tmp_path / "0123456789ab-made"), placement, CONFIG, Library(None), None)
    return Checkpoints(Engine(), PHASE, work)


def kept(tmp_path: Path) -> list[int]:
    return [found.manifest.progress.step for found in resume.stored(tmp_path / "0123456789ab-made" / "resume")]


def test_the_first_one_is_due_before_processes_are_likely_to_be_lost(tmp_path: Path) -> None:
    """What one costs is not known yet; to wait for the longest interval would be to have none where they die often."""
    often = made(tmp_path, seconds_between_failures=50.0, checkpoint_interval_s=600.0)
    assert often.interval == pytest.approx(10.0)
    often.after(Progress(20, 4), QUIET._replace(due=True))
    often.close()
    assert 0 < often.interval < 10.0
    assert made(tmp_path, seconds_between_failures=3.6e6, checkpoint_interval_s=600.0).interval == 600.0


@pytest.mark.parametrize("writing", [False, True])
def test_on_notice_the_step_is_kept_also_where_another_is_being_written(
    tmp_path: Path, checkpoints: Checkpoints, writing: bool
) -> None:
    if writing:
        checkpoints.after(Progress(20, 4), QUIET._replace(due=True))
    with pytest.raises(Interrupted, match="step 5 is kept"):
        checkpoints.after(Progress(20, 5), QUIET._replace(asked_to_end=True, writing=writing))
    assert kept(tmp_path) == [5, 4][: 1 + writing]


def test_on_notice_a_full_disk_is_not_said_to_keep_the_step(
    tmp_path: Path, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot.os, "fsync", full)
    with pytest.raises(Interrupted, match="step 5 is not kept"):
        checkpoints.after(Progress(20, 5), QUIET._replace(asked_to_end=True))
    assert kept(tmp_path) == []


def test_what_is_being_written_as_training_ends_is_kept(tmp_path: Path, checkpoints: Checkpoints) -> None:
    checkpoints.after(Progress(20, 20), QUIET._replace(due=True))
    checkpoints.close()
    assert kept(tmp_path) == [20]
