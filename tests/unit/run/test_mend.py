"""Damage to what lies in a run folder: found before it is used, kept aside, made good by the same command."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.files.atomic import write_json, write_text
from harness.files.layout import folder_of
from harness.files.lease import acquire
from harness.plan.groups import Group
from harness.run.conduct.claim import Choose, claim
from harness.run.overview import overview
from harness.run.store import reads
from harness.run.track.results import results
from harness.run.track.score import score
from harness.spec.phase import AnyPhase, Evaluate

Damage = Callable[[Path], object]

DAMAGES: dict[str, Damage] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:30]),
    "empty": lambda path: path.write_bytes(b""),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 8),
    "of another type": lambda path: path.write_text("[1, 2]"),
    "not a number": lambda path: path.write_text(path.read_text().replace('"steps": 0', '"steps": NaN')),
    "nested without end": lambda path: path.write_text("[" * 100_000),
    "a flipped bit in the id": lambda path: path.write_text(path.read_text().replace('"phase": "', '"phase": "g', 1)),
    "a path out of the folder": lambda path: path.write_text(path.read_text().replace('"weights/', '"../../weights/')),
    "an absolute path": lambda path: path.write_text(path.read_text().replace('"weights/', '"/weights/')),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_record_is_written_again_from_the_journal(stage: Any, how: str) -> None:
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa")
    before = folder.record()
    DAMAGES[how](folder.record_file)
    damaged = folder.record_file.read_bytes()
    assert stage.statuses == Counter(done=7, pending=1)
    assert "`harness run` keeps it aside" in stage.states[folder.id].reason
    (row,) = [row for row in overview(stage.work).phases if row.id == folder.id]
    assert (row.status, row.recorded) == ("pending", False)
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert len(stage.performed) == 8  # nothing was done twice
    assert folder.record() == before
    (aside,) = folder.path.glob("record.json.damaged-*")
    assert aside.read_bytes() == damaged
    assert any(f"is damaged and kept as {aside.name}; written from the journal" in line for line in stage.heard.said)


def test_without_its_journal_a_damaged_record_means_that_the_phase_is_done_again(stage: Any) -> None:
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa")
    DAMAGES["truncated"](folder.record_file)
    folder.journal_file.write_bytes(b"\0" * 100)
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert Counter(stage.performed)[folder.id] == 2
    assert any("the phase is done again" in line for line in stage.heard.said)


@pytest.mark.parametrize("how", ["truncated", "a flipped byte", "missing", "a link out of the run folder"])
@pytest.mark.parametrize("name", ["intermediate-toy_qa", "evaluate-toy_senses"])
def test_outputs_that_changed_are_done_again_before_anything_uses_them(
    stage: Any, tmp_path: Path, name: str, how: str
) -> None:
    stage.conduct()
    folder = stage.folder(name)
    (output,) = (folder.path / each for each in folder.record().outputs)
    whole = output.read_bytes()
    (tmp_path / "outside").write_bytes(whole)
    output.unlink()
    match how:
        case "truncated":
            output.write_bytes(whole[:-1])
        case "a flipped byte":
            output.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        case "a link out of the run folder":
            output.symlink_to(tmp_path / "outside")
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert output.read_bytes() == whole
    assert not output.is_symlink()
    assert Counter(stage.performed)[folder.id] == 2
    assert any(str(output) in line and "is done again" in line for line in stage.heard.said)
    assert list(folder.path.glob("record.json.damaged-*"))


def test_what_is_truncated_while_a_command_runs_is_found_before_a_dependant_begins(stage: Any) -> None:
    stage.conduct()
    source = stage.folder("intermediate-toy_qa")
    target = next(phase for phase in stage.work.plan if source.id in reads(phase))
    folder = folder_of(stage.runs, target)
    folder.record_file.unlink()
    folder.journal_file.unlink()
    (source.weights / "weights").write_bytes(b"")
    said: list[str] = []
    assert claim(stage.runs, stage.work.plan, "one", (), _only(target), said.append) == ()
    assert not folder.lease_file.exists()
    assert not source.done
    assert len(said) == 1
    stage.conduct()
    assert stage.statuses == Counter(done=8)


def test_a_damaged_failure_is_tried_again(stage: Any) -> None:
    stage.play(intermediate__toy_qa="fail")
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa")
    DAMAGES["truncated"](folder.failure_file)
    stage.play()
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert list(folder.path.glob("failure.json.damaged-*"))


@pytest.mark.parametrize("how", ["truncated", "empty", "binary", "of another type", "nested without end"])
@pytest.mark.parametrize("file", ["phase_file", "placement_file", "ds_config_file", "lease_file", "scores_file"])
def test_damage_to_what_is_written_before_a_launch_does_not_stop_one(stage: Any, how: str, file: str) -> None:
    stage.conduct()
    folder = stage.folder("evaluate-toy_senses")
    folder.record_file.unlink()
    folder.journal_file.unlink()
    path = getattr(folder, file)
    if not path.exists():
        write_json(path, {"name": 0})
    DAMAGES[how](path)
    stage.conduct()
    assert stage.statuses == Counter(done=8)


@pytest.mark.parametrize("file", ["record.json", "failure.json", "phase.json", "lease.json", "journal.jsonl"])
def test_no_flipped_byte_is_more_than_damage(stage: Any, file: str) -> None:
    """Every byte in turn: where a phase stands can always be told, without an error of Python's."""
    stage.play(intermediate__toy_qa="fail")
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa" if file == "failure.json" else "intermediate-toy_polarity")
    if file == "lease.json":
        acquire(folder.lease_file, "one")
        folder.record_file.unlink()
    path = folder.path / file
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 + at % 255)]) + whole[at + 1 :])
        assert stage.states[folder.id].status in ("done", "pending", "failed", "running")


def _only(phase: AnyPhase) -> Choose:
    return lambda ready: (Group((phase,), shares=range(1)),)


def test_a_damaged_record_that_nobody_can_claim_hides_no_other_result(stage: Any) -> None:
    """What it is made from failed, so that it is not done again."""
    stage.play(intermediate__toy_qa="fail", intermediate__toy_polarity="fail")
    stage.conduct()
    for state in stage.states.values():
        shutil.rmtree(state.folder.predictions, ignore_errors=True)  # what is played cannot be scored
        if state.status == "blocked":
            write_text(state.folder.record_file, "{")
    done = {key for key, state in stage.states.items() if state.status == "done" and isinstance(state.phase, Evaluate)}
    assert set(score(stage.work.runs, stage.work.study, None)) == done != set()
    results(stage.work.runs, stage.work.study, None)
