"""Two run folders become one: what is finished is copied whole, and the rest is named."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.files.lease import acquire
from harness.run.exchange.imports import find_imported
from harness.spec.record import Failure
from tests.unit.run.merge.finished import FILES, finish, imported, merge


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


def test_weights_that_were_released_are_not_missed(
    stage: Any, sources: list[Path], unchanged: Callable[[], None]
) -> None:
    folder = finish(sources[0], stage.work.plan[0])
    shutil.rmtree(folder.weights)
    unchanged()
    assert merge(sources[:1], stage.runs)[-1].startswith("copied 1 of 1 phases")


def test_of_two_that_are_equal_the_one_that_has_its_weights_is_taken(
    stage: Any, sources: list[Path], unchanged: Callable[[], None]
) -> None:
    released, whole = (finish(source, stage.work.plan[0]) for source in sources)
    shutil.rmtree(released.weights)
    unchanged()
    merge(sources, stage.runs)
    assert (folder_of(stage.runs, stage.work.plan[0]).weights / "encoder.safetensors").exists()
    assert whole.weights.exists()


def test_imports_come_along_once(stage: Any, sources: list[Path], unchanged: Callable[[], None]) -> None:
    folder = imported(sources[0], **FILES)
    imported(sources[1], **FILES)
    unchanged()
    told = merge(sources, stage.runs)
    assert "0 phases and 1 imports" in told[-1]
    assert find_imported(stage.runs, folder.name).digest == folder.name
    assert _contents(stage.runs / "imported" / folder.name).keys() == _contents(folder).keys()
    assert "2 are done in both and equal" in merge(sources, stage.runs)


def test_what_a_source_wrote_to_mlflow_is_told_by_its_tag(stage: Any, sources: list[Path]) -> None:
    finish(sources[0], stage.work.plan[0])
    (sources[0] / ".folder-id").write_text("ab12" * 8)
    assert (
        f"{sources[0]}: its runs in MLflow (tag harness.runs = {'ab12' * 8}) stay; delete them there by that tag"
        in (merge(sources[:1], stage.runs))
    )
    assert not (stage.runs / ".folder-id").exists()


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
