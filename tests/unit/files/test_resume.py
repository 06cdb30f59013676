"""Checkpoints on disk: whole or not at all, the newest two kept, what was changed told."""

import errno
import os
from pathlib import Path

import pytest

from harness.files import resume
from harness.files.atomic import digest, write_text
from harness.spec.checkpoint import Manifest, Progress
from harness.spec.errors import HarnessError
from harness.spec.record import Cost


def taken(folder: Path, step: int, content: str = "states") -> Path:
    path = resume.draft(folder)
    write_text(path / "below" / "states.pt", content)
    files = {"below/states.pt": digest(path / "below" / "states.pt")}
    manifest = Manifest("0123456789ab", Progress(20, step, Cost(model=7), {"a": 3}, 0.5), 2, {}, files, 6, "now")
    return resume.commit(path, manifest)


def test_the_newest_two_are_kept_and_read_back(tmp_path: Path) -> None:
    for step in (3, 20, 100):
        taken(tmp_path, step)
    found = resume.stored(tmp_path)
    assert [stored.manifest.progress.step for stored in found] == [100, 20]
    assert resume.newest_step(tmp_path) == 100
    assert found[0].manifest.progress == Progress(20, 100, Cost(model=7), {"a": 3}, 0.5)
    assert list(found[0].changed(found[0].manifest.files)) == []


def test_what_a_launch_could_not_go_on_from_does_not_displace_what_it_takes(tmp_path: Path) -> None:
    for step in (10, 15):
        os.utime(taken(tmp_path, step) / resume.MANIFEST, (step, step))
    taken(tmp_path, 3)
    assert [stored.manifest.progress.step for stored in resume.stored(tmp_path)] == [15, 3]
    taken(tmp_path, 5)
    assert [stored.manifest.progress.step for stored in resume.stored(tmp_path)] == [5, 3]


def test_a_file_that_the_manifest_does_not_vouch_for_is_named(tmp_path: Path) -> None:
    (taken(tmp_path, 3) / "below" / "more.pt").write_text("code")
    (found,) = resume.stored(tmp_path)
    assert found.strange() == ["below/more.pt"]


def test_what_a_person_put_beside_checkpoints_is_none(tmp_path: Path) -> None:
    taken(tmp_path, 3)
    (tmp_path / "step-of-yesterday").mkdir()
    assert resume.newest_step(tmp_path) == 3
    assert len(resume.stored(tmp_path)) == 1


def test_the_same_step_once_more_replaces_the_first(tmp_path: Path) -> None:
    taken(tmp_path, 3, "old")
    taken(tmp_path, 3, "new")
    (found,) = resume.stored(tmp_path)
    assert (found.path / "below" / "states.pt").read_text() == "new"
    assert not list(tmp_path.glob(".draft-*"))


def test_a_draft_is_no_checkpoint_and_is_swept(tmp_path: Path) -> None:
    path = resume.draft(tmp_path)
    write_text(path / "states.pt", "half")
    assert resume.stored(tmp_path) == []
    assert resume.newest_step(tmp_path) == 0
    resume.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", [b"statez", b"stat", None])
def test_what_was_changed_is_named(tmp_path: Path, harm: bytes | None) -> None:
    file = taken(tmp_path, 3) / "below" / "states.pt"
    if harm is None:
        file.unlink()
    else:
        file.write_bytes(harm)
    (found,) = resume.stored(tmp_path)
    assert list(found.changed(found.manifest.files)) == ["below/states.pt"]


def test_what_cannot_be_read_now_is_not_said_to_be_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(path: Path) -> str:
        raise OSError(errno.ESTALE, "Stale file handle")

    taken(tmp_path, 3)
    (found,) = resume.stored(tmp_path)
    monkeypatch.setattr(resume, "digest", stale)
    with pytest.raises(OSError, match="Stale file handle"):
        list(found.changed(found.manifest.files))


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd"])
def test_a_manifest_that_names_files_elsewhere_is_none(tmp_path: Path, name: str) -> None:
    path = taken(tmp_path, 3)
    manifest = path / resume.MANIFEST
    manifest.write_text(manifest.read_text().replace("below/states.pt", name))
    assert resume.stored(tmp_path) == []


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    path = taken(tmp_path / "resume", 3)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "states.pt").write_text("states")
    (path / "below" / "states.pt").unlink()
    (path / "below").rmdir()
    (path / "below").symlink_to(tmp_path / "elsewhere")
    assert resume.stored(tmp_path / "resume") == []


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "resume").write_text("a file")
    with pytest.raises(HarnessError, match="could not be made"):
        resume.draft(tmp_path / "resume")


def test_discarding_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    resume.discard(tmp_path / "resume")
    assert list(tmp_path.iterdir()) == []
