"""Checkpoints that could not be converted: all processes hear why, and nothing half converted stays."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.files.resume import Stored
from harness.spec.errors import HarnessError
from harness.worker import resume, universal
from tests.unit.worker.threads import on_processes


def ended(status: int, said: str) -> Any:
    def run(command: list[str], cwd: Path, **how: Any) -> Any:
        (cwd / command[command.index("--output_folder") + 1]).mkdir()
        return SimpleNamespace(returncode=status, stderr=said, stdout="")

    return run


@pytest.mark.parametrize(("status", "error"), [(0, ""), (-9, "(exit status -9)")])
def test_all_processes_hear_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, error: str) -> None:
    monkeypatch.setattr(subprocess, "run", ended(status, ""))
    (tmp_path / "step-000000004").mkdir()
    found = on_processes(2, lambda session: universal.convert(tmp_path / "step-000000004", session))
    assert [said for _, said in found] == [error, error]
    assert [path.exists() for path in tmp_path.glob(".draft-*")] == ([] if error else [True])


def test_a_full_disk_ends_the_launch_instead_of_beginning_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume, "convert", lambda *of: (tmp_path, "OSError: [Errno 28] No space left on device"))
    manifest = SimpleNamespace(world_size=4, progress=SimpleNamespace(step=7))
    session, placement = SimpleNamespace(world_size=2), SimpleNamespace(stage=2)
    work = SimpleNamespace(session=session, placement=placement, doing=lambda what: None)
    with pytest.raises(HarnessError, match="No space left on device"):
        resume._readable(cast(Stored, SimpleNamespace(path=tmp_path, manifest=manifest)), cast(Any, work))
