"""What was planned where a study was run stays planned where it is brought to."""

import json
from pathlib import Path
from typing import Any

from harness.files.atomic import write_json
from harness.plan.sweeps.frozen import Version, Versions, digest_of
from harness.run.freeze import analysis_file
from tests.unit.run.merge.finished import finish, merge


def _version(name: str, day: int) -> Version:
    return Version(digest_of({"name": name}), {"name": name}, f"2026-01-0{day}T00:00:00+00:00", 0, 0, 8)


def _put(runs: Path, *versions: Version, sweep: str = "made") -> None:
    write_json(analysis_file(runs, sweep), Versions(sweep, versions))


def _names(runs: Path) -> list[str]:
    return [version["content"]["name"] for version in json.loads(analysis_file(runs, "made").read_text())["versions"]]


def test_analyses_come_along_in_the_order_of_time_and_once(stage: Any, sources: list[Path]) -> None:
    finish(sources[0], stage.work.plan[0])
    _put(sources[0], _version("a", 1), _version("b", 3))
    _put(sources[1], _version("c", 2))
    assert "with the analyses that were fixed there: made, made" in merge(sources, stage.runs, yes=False)
    assert not analysis_file(stage.runs, "made").exists()
    merge(sources, stage.runs)
    assert _names(stage.runs) == ["a", "c", "b"]
    assert not any("analyses" in line for line in merge(sources, stage.runs))
    assert _names(stage.runs) == ["a", "c", "b"]


def test_what_is_there_is_kept(stage: Any, sources: list[Path]) -> None:
    _put(stage.runs, _version("b", 2))
    _put(sources[0], _version("a", 1))
    merge(sources[:1], stage.runs)
    assert _names(stage.runs) == ["a", "b"]


def test_a_file_that_is_not_what_it_is_called_is_skipped_by_name(stage: Any, sources: list[Path]) -> None:
    finish(sources[0], stage.work.plan[0])
    _put(sources[0], _version("a", 1), sweep="other")
    file = analysis_file(sources[0], "other")
    renamed = file.rename(file.with_name("made.json"))
    told = merge(sources[:1], stage.runs)
    assert f"skipped: {renamed}: holds the analyses of 'other'; it was renamed" in told
    assert told[-1].startswith("copied 1 of 1 phases")
    assert not analysis_file(stage.runs, "made").exists()
    renamed.unlink()
    renamed.symlink_to(stage.sweep)
    assert any("is a symbolic link" in line for line in merge(sources[:1], stage.runs))
