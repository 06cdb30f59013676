"""Two run folders become one: what is finished is copied whole, the rest is named, and no source changes."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.catalog import data as catalog_data
from harness.files.atomic import digest, write_json, write_text
from harness.files.layout import PhaseFolder, folder_of
from harness.files.lease import acquire
from harness.files.predictions import write_predictions
from harness.run.exchange.imports import CONFIG, Copied, Manifest, find_imported
from harness.run.merge import command
from harness.run.merge.command import look, merged
from harness.run.merge.copying import Workshop
from harness.spec.identity import identity
from harness.spec.model import Architecture
from harness.spec.phase import AnyPhase, Evaluate, slug
from harness.spec.record import Cost, Failure, Record

Snapshot = dict[str, tuple[int, bytes | None]]


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    return [tmp_path / "one", tmp_path / "two"]


@pytest.fixture(autouse=True)
def unchanged(sources: list[Path]) -> Iterator[Callable[[], None]]:
    """What is in the sources once the test says so is still in them at its end."""
    before: dict[Path, Snapshot] = {}
    yield lambda: before.update((source, _snapshot(source)) for source in sources if source.exists())
    for source, found in before.items():
        assert _snapshot(source) == found


def _snapshot(folder: Path) -> Snapshot:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


def finish(runs: Path, phase: AnyPhase, content: str = "numbers", **record: Any) -> PhaseFolder:
    """Leave what a worker leaves of a finished phase, its output holding `content`."""
    folder = folder_of(runs, phase)
    write_json(folder.phase_file, phase)
    write_text(folder.environment_file, "{}")
    write_text(folder.journal_file, '{"event": "start"}\n')
    write_text(folder.path / "resume" / "step", "of no use any more")
    if isinstance(phase, Evaluate):
        rows = catalog_data.rows(phase.data, None)
        output = write_predictions(folder.predictions, "en", {row.id: list(row.tags) for _, row in rows})
        if content != "numbers":
            write_text(output, content)
    else:
        output = folder.weights / "encoder.safetensors"
        write_text(output, content)
    outputs = {str(output.relative_to(folder.path)): digest(output)}
    made = {"outputs": outputs, "agreement": "exact", **record}
    environment = digest(folder.environment_file)
    write_json(
        folder.record_file,
        Record(identity(phase), slug(phase), Cost(model=7), environment=environment, finished="2026-01-01", **made),
    )
    return folder


def merge(sources: list[Path], into: Path, yes: bool = True) -> list[str]:
    return list(merged(look(sources, into), yes))


def test_finished_phases_of_two_folders_come_together_and_the_rest_is_named(
    stage: Any, sources: list[Path], unchanged: Callable[[], None]
) -> None:
    first, second, third, fourth, *others = stage.work.plan
    for runs, phases in zip(sources, ([first, second], [third, second, *others]), strict=True):
        for phase in phases:
            finish(runs, phase)
    running, failed = folder_of(sources[0], fourth), folder_of(sources[0], third)
    for folder, phase in ((running, fourth), (failed, third)):
        write_json(folder.phase_file, phase)
    acquire(running.lease_file, "another")
    write_json(failed.failure_file, Failure("id", "no memory", "log", "now"))
    unchanged()
    told = merge(sources, stage.runs, yes=False)
    assert f"left out: {running.path}: is being run" in told
    assert f"left out: {failed.path}: failed" in told
    assert "1 are done in both and equal" in told
    assert told[-1].startswith("to copy: 7 phases and 0 imports, ")
    assert "add --yes" in told[-1]
    assert stage.statuses["done"] == 0
    assert merge(sources, stage.runs)[-1].startswith("copied 7 of 7 phases")
    assert stage.statuses["done"] == 7
    for phase in (first, second, third, *others):
        copy = folder_of(stage.runs, phase)
        original = folder_of(sources[0] if phase in (first, second) else sources[1], phase)
        assert copy.record() == original.record()
        assert not (copy.path / "resume").exists()
        assert _contents(copy.path) == {k: v for k, v in _contents(original.path).items() if not k.startswith("resume")}
    assert not (stage.runs / ".merging").exists()
    assert merge(sources, stage.runs)[-2:] == [
        "8 are done in both and equal",
        "copied 0 of 0 phases and 0 imports, 0 GB; `harness sync` and `harness report` show them",
    ]


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_merged_folder_goes_on_and_is_reported(
    stage: Any, sources: list[Path], unchanged: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for number, phase in enumerate(stage.work.plan):
        finish(sources[number % 2], phase)
    unchanged()
    line = ["merge", *map(str, sources), "--runs", str(stage.runs)]
    assert cli.main([*line, "--yes"]) == 0
    assert stage.conduct() == stage.states
    assert stage.performed == []
    assert cli.main(["report", str(stage.sweep), "--runs", str(stage.runs)]) == 0
    report = (stage.runs / "reports" / "made" / "report.md").read_text()
    assert "100.0" in report
    assert "missing" not in capsys.readouterr().err


@pytest.mark.parametrize("agreement", ["exact", "distribution"])
def test_records_that_differ_are_named_with_their_agreement_and_ours_stays(
    stage: Any, sources: list[Path], unchanged: Callable[[], None], agreement: str
) -> None:
    phase = stage.work.plan[0]
    finish(stage.runs, phase, "ours")
    finish(sources[0], phase, "theirs", agreement=agreement)
    unchanged()
    told = merge(sources[:1], stage.runs)
    place = folder_of(stage.runs, phase)
    assert told[0].startswith(
        f"{place.path.name}: done in both, but weights/encoder.safetensors differ; their agreement "
    )
    assert f"agreement is '{agreement}', which allows" in told[0]
    assert told[0].endswith(f"{place.path} is kept")
    assert (place.weights / "encoder.safetensors").read_text() == "ours"


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


def test_weights_that_were_released_are_not_missed(
    stage: Any, sources: list[Path], unchanged: Callable[[], None]
) -> None:
    folder = finish(sources[0], stage.work.plan[0])
    shutil.rmtree(folder.weights)
    unchanged()
    assert merge(sources[:1], stage.runs)[-1].startswith("copied 1 of 1 phases")


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


def _link(path: Path) -> None:
    aside = path.parent.parent / f"{path.name}-aside"
    path.rename(aside)
    path.symlink_to(aside)


def _outputs(folder: PhaseFolder, name: str) -> None:
    _rewrite(folder, "outputs", {name: "0" * 64})


def _rewrite(folder: PhaseFolder, key: str, value: object) -> None:
    folder.record_file.write_text(json.dumps(json.loads(folder.record_file.read_text()) | {key: value}))


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


def imported(runs: Path, **files: str) -> Path:
    """An import as `harness import` leaves it, of files that nobody will read."""
    sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    counted = sorted(found for name, found in sums.items() if name != CONFIG)
    key = hashlib.sha256(json.dumps(counted).encode()).hexdigest()
    folder = runs / "imported" / key
    for name, text in files.items():
        write_text(folder / name, text)
    copied = tuple(
        Copied(name, sums[name], len(text), (folder / name).stat().st_mtime_ns) for name, text in files.items()
    )
    write_json(
        folder / "manifest.json",
        Manifest(key, Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128), copied, masked_head=False),
    )
    return folder


FILES = {CONFIG: "{}", "tokenizer.json": "[]", "model.safetensors": "weights"}


def test_imports_come_along_once(stage: Any, sources: list[Path], unchanged: Callable[[], None]) -> None:
    folder = imported(sources[0], **FILES)
    imported(sources[1], **FILES)
    unchanged()
    told = merge(sources, stage.runs)
    assert "0 phases and 1 imports" in told[-1]
    assert find_imported(stage.runs, folder.name).digest == folder.name
    assert _contents(stage.runs / "imported" / folder.name).keys() == _contents(folder).keys()
    assert "2 are done in both and equal" in merge(sources, stage.runs)


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


def test_what_a_source_wrote_to_mlflow_is_told_by_its_tag(stage: Any, sources: list[Path]) -> None:
    finish(sources[0], stage.work.plan[0])
    (sources[0] / ".folder-id").write_text("ab12" * 8)
    assert (
        f"{sources[0]}: its runs in MLflow (tag harness.runs = {'ab12' * 8}) stay; delete them there by that tag"
        in (merge(sources[:1], stage.runs))
    )
    assert not (stage.runs / ".folder-id").exists()
