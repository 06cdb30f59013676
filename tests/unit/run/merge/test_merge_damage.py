"""What is damaged in a source, or reaches out of it, is named and not copied."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.files.layout import PhaseFolder
from harness.run.merge.command import look, merged
from tests.unit.run.merge.finished import FILES, finish, imported, merge


@pytest.mark.parametrize("what", ["weights/encoder.safetensors", "environment.json"])
def test_a_flipped_byte_is_named_and_the_other_source_stands_in(
    stage: Any, sources: list[Path], unchanged: Callable[[], None], what: str
) -> None:
    phase, sound = stage.work.plan[:2]
    broken = finish(sources[0], phase)
    finish(sources[0], sound)
    (broken.path / what).write_text("rubbish")
    unchanged()
    found = look(sources[:1], stage.runs)
    told = list(merged(found, yes=True))
    assert f"skipped: {broken.path / what}: is damaged: its digest is not the one on record" in told
    assert found.damaged == 1
    assert told[-1].startswith("copied 1 of 2 phases")
    assert stage.statuses["done"] == 1
    assert not (stage.runs / ".merging").exists()
    shutil.rmtree(sources[1], ignore_errors=True)
    finish(sources[1], phase)
    assert merge(sources, stage.runs)[-1].startswith("copied 1 of 1 phases")
    assert stage.statuses["done"] == 2


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: folder.record_file.write_text("{"), "record.json: not complete JSON"),
        (lambda folder: folder.phase_file.unlink(), "phase.json: cannot be read (No such file or directory)"),
        (lambda folder: folder.phase_file.write_text('{"kind": "train"}'), "phase.json: "),
        (lambda folder: next(folder.weights.iterdir()).unlink(), "encoder.safetensors: cannot be read (No such file"),
        (lambda folder: _link(next(folder.weights.iterdir())), "encoder.safetensors: is a symbolic link"),
        (lambda folder: _link(folder.weights), "weights: is a symbolic link"),
        (lambda folder: _link(folder.path), "is a symbolic link"),
        (lambda folder: _link(folder.record_file), "record.json: is a symbolic link"),
        (lambda folder: _link(folder.journal_file), "journal.jsonl: is a symbolic link"),
        (lambda folder: folder.path.rename(folder.path.with_name(f"{folder.path.name}x")), "holds the phase "),
        (lambda folder: _outputs(folder, "../elsewhere"), "'../elsewhere' is no path below a folder"),
        (
            lambda folder: _outputs(folder, "weights/../../elsewhere"),
            "'weights/../../elsewhere' is no path below a folder",
        ),
        (lambda folder: _outputs(folder, "/etc/passwd"), "'/etc/passwd' is no path below a folder"),
        (lambda folder: _outputs(folder, "record.json"), "names 'record.json' as an output"),
        (lambda folder: _outputs(folder, "weights"), "names 'weights' as an output"),
        (lambda folder: _outputs(folder, "weights//a"), "'weights//a' is no path below a folder"),
        (lambda folder: _rewrite(folder, "phase", "0" * 12), "is the record of '000000000000', not of"),
    ],
)
def test_what_is_damaged_or_reaches_out_is_refused_by_name(
    stage: Any, sources: list[Path], unchanged: Callable[[], None], damage: Callable[[PhaseFolder], None], sentence: str
) -> None:
    broken, sound = finish(sources[0], stage.work.plan[0]), finish(sources[0], stage.work.plan[1])
    damage(broken)
    unchanged()
    found = look(sources[:1], stage.runs)
    told = list(merged(found, yes=True))
    (skipped,) = [line for line in told if line.startswith(f"skipped: {sources[0]}")]
    assert sentence in skipped
    assert found.damaged == 1
    assert {path.name for path in stage.runs.iterdir() if path.is_dir()} - {".cache"} == {sound.path.name}
    assert not (stage.runs.parent / "elsewhere").exists()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: (folder / "model.safetensors").write_text("changed"), "is damaged: its digest is not"),
        (lambda folder: _link(folder / "model.safetensors"), "model.safetensors: is a symbolic link"),
        (lambda folder: folder.rename(folder.with_name("0" * 64)), "is called otherwise than its content"),
        (
            lambda folder: (folder / "manifest.json").write_text(
                (folder / "manifest.json").read_text().replace("tokenizer.json", "../../tokenizer.json")
            ),
            "files.1.name",
        ),
    ],
)
def test_imports_that_are_not_what_they_say_are_refused(
    stage: Any, sources: list[Path], unchanged: Callable[[], None], damage: Callable[[Path], None], sentence: str
) -> None:
    damage(imported(sources[0], **FILES))
    unchanged()
    found = look(sources[:1], stage.runs)
    told = list(merged(found, yes=True))
    assert any(line.startswith("skipped: ") and sentence in line for line in told)
    assert found.damaged == 1
    assert not list(stage.runs.glob("imported/*"))


def _link(path: Path) -> None:
    aside = path.parent.parent / f"{path.name}-aside"
    path.rename(aside)
    path.symlink_to(aside)


def _outputs(folder: PhaseFolder, name: str) -> None:
    _rewrite(folder, "outputs", {name: "0" * 64})


def _rewrite(folder: PhaseFolder, key: str, value: object) -> None:
    folder.record_file.write_text(json.dumps(json.loads(folder.record_file.read_text()) | {key: value}))
