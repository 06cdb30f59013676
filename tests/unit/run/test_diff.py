"""`harness diff`: what is told of two phases, called by name or by path, and when it is no field that differs."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.run.diff import compare
from harness.spec import identity as identities
from harness.spec.cluster import Placement
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Train, slug
from harness.spec.record import Cost, Record

PLACE = Placement("cpu", 2, 1, "zero1", 8, 1, 8192, 600)


def made(runs: Path, phase: AnyPhase, place: Placement = PLACE, **outputs: str) -> PhaseFolder:
    folder = folder_of(runs, phase)
    write_json(folder.phase_file, phase)
    write_json(folder.placement_file, place)
    if outputs:
        write_json(folder.record_file, Record(identity(phase), slug(phase), Cost(), outputs, "", "now", "exact"))
    return folder


@pytest.fixture
def phase(stage: Any) -> Train:
    found = next(phase for phase in stage.work.plan if slug(phase) == "intermediate-toy_qa")
    assert isinstance(found, Train)
    return found


def diff(capsys: pytest.CaptureFixture[str], stage: Any, *line: object) -> list[str]:
    assert cli.main(["diff", "--runs", str(stage.runs), *map(str, line)]) == 0
    return capsys.readouterr().out.splitlines()


def reseeded(phase: Train) -> Train:
    return dataclasses.replace(phase, recipe=dataclasses.replace(phase.recipe, seed=7))


def test_a_field_is_told_whatever_way_phases_are_called(
    stage: Any, phase: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = made(stage.runs, phase), made(tmp_path / "other", reseeded(phase))
    for left in (ours.id, ours.id[:5], ours.slug, ours.slug[:-2], ours.path, ours.phase_file):
        for right in (theirs.path, theirs.phase_file):
            assert diff(capsys, stage, left, right) == [
                f"a  {ours.id} intermediate-toy_qa ({ours.path})",
                f"b  {theirs.id} intermediate-toy_qa ({theirs.path})",
                "  recipe.seed: 0 -> 7" if phase.recipe.seed == 0 else f"  recipe.seed: {phase.recipe.seed} -> 7",
                "1 field differs",
            ]


def test_the_content_of_data_is_named_by_set_and_language(
    stage: Any, phase: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = dataclasses.replace(phase.data[0].parts[0], digest="0" * 64)
    data = dataclasses.replace(phase.data[0], parts=(part,))
    ours = made(stage.runs, phase)
    theirs = made(tmp_path / "other", dataclasses.replace(phase, data=(data,)))
    lines = diff(capsys, stage, ours.path, theirs.path)
    assert lines[2].startswith("  data[toy_qa].parts[en].digest: ")
    assert lines[3:] == ["only the content of data differs: toy_qa train [en]"]


def test_a_phase_done_twice_is_told_with_placement_and_outputs_apart(
    stage: Any, phase: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = made(stage.runs, phase, **{"weights/a": "1"})
    theirs = made(tmp_path / "other", phase, dataclasses.replace(PLACE, stage=3, world_size=1), **{"weights/a": "2"})
    assert diff(capsys, stage, ours.id, theirs.path)[2:] == [
        "they are the same phase",
        "their placements differ, which is no part of the identity:",
        "  world_size: 2 -> 1",
        "  stage: 1 -> 3",
        "done in both, but weights/a differ; their agreement is 'exact', which allows a difference of 1e-5 between "
        "placements, none that a score shows",
    ]
    assert diff(capsys, stage, ours.id, ours.path)[2:] == ["they are the same phase"]


def test_what_only_a_fix_of_numbers_parted_is_told_so(
    stage: Any, phase: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(stage.runs, phase)
    old = tmp_path / "other" / f"0123456789ab-{slug(phase)}"
    old.parent.mkdir()
    before.path.rename(old)
    now = made(stage.runs, phase)
    versions = identities.numerics(phase)
    assert set(versions) == {"engine", "span"}
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    assert diff(capsys, stage, now.id, old)[2:] == [
        f"only NUMERICS differ: a fix changed numbers between 0123456789ab and today's versions ({told})"
    ]
    changed = made(tmp_path / "changed", reseeded(phase))
    assert diff(capsys, stage, changed.path, old)[-2:] == [
        "1 field differs",
        "besides, NUMERICS differ: 0123456789ab has the id of another version of the harness",
    ]


def test_the_ids_of_a_lineage_rest_on_all_of_its_formats(stage: Any) -> None:
    leaf = next(phase for phase in reversed(stage.work.plan) if slug(phase) == "evaluate-toy_senses")
    assert set(identities.numerics(leaf)) >= {"engine", "tagging"}


def test_programs_read_the_same(stage: Any, phase: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = made(stage.runs, phase), made(tmp_path / "other", reseeded(phase))
    found = json.loads("\n".join(diff(capsys, stage, ours.id, theirs.path, "--json")))
    assert found["a"] == {"id": ours.id, "slug": ours.slug, "folder": str(ours.path), "current": True}
    assert found["fields"] == [{"path": "recipe.seed", "left": phase.recipe.seed, "right": 7, "data": None}]
    assert found["placement"] == []
    assert found["verdict"] == "1 field differs"
    assert found["outputs"] is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nothing-here intermediate-toy_qa", "no phase in runs is called 'nothing-here'"),
        ("intermediate-toy_qa elsewhere/phase.json", "phase.json: cannot be read"),
        ("intermediate-toy_qa torn", "torn/phase.json: not complete JSON"),
        ("target-toy_senses intermediate-toy_qa", "2 phases are called 'target-toy_senses'; give an id: "),
    ],
)
def test_names_that_mean_no_phase_end_in_one_sentence(
    stage: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    phase: Train,
    line: str,
    sentence: str,
) -> None:
    targets = [phase for phase in stage.work.plan if slug(phase) == "target-toy_senses"][:2]
    for each in (phase, *targets):
        made(stage.runs, each)
    monkeypatch.chdir(stage.runs.parent)
    Path("torn").mkdir()
    Path("torn/phase.json").write_text("{")
    assert cli.main(["diff", "--runs", "runs", *line.split()]) == 2
    assert sentence in capsys.readouterr().err


def test_a_damaged_record_is_none(stage: Any, phase: Train, tmp_path: Path) -> None:
    ours, theirs = made(stage.runs, phase, **{"weights/a": "1"}), made(tmp_path, phase, **{"weights/a": "2"})
    assert compare(stage.runs, ours.id, str(theirs.path)).outputs is not None
    theirs.record_file.write_text("{")
    assert compare(stage.runs, ours.id, str(theirs.path)).outputs is None


def test_a_damaged_placement_is_told_in_a_sentence(
    stage: Any, phase: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(stage.runs, phase)
    folder.placement_file.write_text("{")
    assert cli.main(["diff", "--runs", str(stage.runs), folder.id, folder.id]) == 2
    assert str(folder.placement_file) in capsys.readouterr().err
