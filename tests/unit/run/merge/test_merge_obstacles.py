"""What stands in the way of a merge: launches, another merge, an interruption, a full disk, wrong sources."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.files.lease import acquire
from harness.run.merge import command
from harness.run.merge.copying import Workshop
from harness.spec.record import Failure
from tests.unit.run.merge.finished import finish, merge


def test_what_is_run_in_the_target_is_left_alone_and_what_is_not_is_replaced(
    stage: Any, sources: list[Path], unchanged: Callable[[], None]
) -> None:
    running, failed, garbled = stage.work.plan[:3]
    for phase in (running, failed, garbled):
        finish(sources[0], phase)
        write_json(folder_of(stage.runs, phase).phase_file, phase)
    acquire(folder_of(stage.runs, running).lease_file, "another")
    write_json(folder_of(stage.runs, failed).failure_file, Failure("id", "no memory", "log", "now"))
    folder_of(stage.runs, garbled).record_file.write_text("{garb")
    unchanged()
    told = merge(sources[:1], stage.runs)
    assert told[0] == f"left alone: {folder_of(stage.runs, running).path}: is being run there"
    assert told[-1].startswith("copied 2 of 2 phases")
    assert not folder_of(stage.runs, running).done
    assert folder_of(stage.runs, running).lease_file.exists()
    for phase in (failed, garbled):
        assert folder_of(stage.runs, phase).record() == folder_of(sources[0], phase).record()
        assert not folder_of(stage.runs, phase).failure_file.exists()


def test_what_is_claimed_while_it_is_copied_is_left_alone(
    stage: Any, sources: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    phase = stage.work.plan[0]
    finish(sources[0], phase)

    def late(workshop: Workshop, found: Any) -> Path:
        write_json(folder_of(stage.runs, phase).phase_file, phase)
        acquire(folder_of(stage.runs, phase).lease_file, "another")
        return copy(workshop, found)

    copy = Workshop.copy
    monkeypatch.setattr(Workshop, "copy", late)
    told = merge(sources[:1], stage.runs)
    assert "is being run there" in told[-2]
    assert not folder_of(stage.runs, phase).done
    assert not (stage.runs / ".merging").exists()


def test_an_interrupted_merge_is_repeated(
    stage: Any, sources: list[Path], unchanged: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for phase in stage.work.plan[:3]:
        finish(sources[0], phase)
    unchanged()
    synced = os.fsync
    calls: list[int] = []

    def interrupted(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 10:
            raise KeyboardInterrupt
        synced(handle)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(os, "fsync", interrupted)
        merge(sources[:1], stage.runs)
    assert 0 < stage.statuses["done"] < 3
    assert len(list((stage.runs / ".merging").iterdir())) == 1
    merge(sources[:1], stage.runs)
    assert stage.statuses["done"] == 3
    assert not (stage.runs / ".merging").exists()


def test_what_a_merge_took_away_before_it_was_killed_is_put_back(stage: Any) -> None:
    name = stage.folder("intermediate-toy_qa").path.name
    aside = stage.runs / ".merging" / "replaced" / name
    aside.mkdir(parents=True)
    (aside / "journal.jsonl").write_text("{}\n")
    (aside / "phase.json").write_text("{}")
    (aside.parent / "escaped").mkdir()
    with Workshop(stage.runs).opened():
        pass
    assert (stage.runs / name / "journal.jsonl").read_text() == "{}\n"
    assert not (stage.runs / "escaped").exists()
    assert not (stage.runs / ".merging").exists()


def test_a_second_merge_beside_one_at_work_is_refused(stage: Any, sources: list[Path], capsys: Any) -> None:
    finish(sources[0], stage.work.plan[0])
    with Workshop(stage.runs).opened():
        assert cli.main(["merge", str(sources[0]), "--runs", str(stage.runs), "--yes"]) == 2
    assert "another `harness merge` is at work there" in capsys.readouterr().err


def test_a_merge_without_room_is_refused_before_it_begins(
    stage: Any, sources: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(sources[0], stage.work.plan[0])
    monkeypatch.setattr(command.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 90, 10))
    assert cli.main(["merge", str(sources[0]), "--runs", str(stage.runs), "--yes"]) == 2
    assert "GB are to be copied, but 1e-08 GB are left there; make room" in capsys.readouterr().err
    assert stage.statuses["done"] == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("runs", "runs: is the run folder"),
        ("runs/inside", "is the run folder"),
        (".", "or one lies within the other"),
        ("nowhere", "nowhere: no such run folder"),
    ],
)
def test_sources_are_other_run_folders(
    stage: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    monkeypatch.chdir(stage.runs.parent)
    (stage.runs / "inside").mkdir()
    assert cli.main(["merge", line, "--runs", "runs", "--yes"]) == 2
    assert sentence in capsys.readouterr().err
