"""Weights that are too large for the control side to read: all processes ask for the same files, and hear the same."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.files.atomic import digest, write_json
from harness.files.layout import PhaseFolder
from harness.spec.record import Cost, Record
from harness.worker import intact
from harness.worker.failing import LostError
from harness.worker.work import Work


def one_of_two(rank: int, told: list[tuple[str, str]]) -> Work:
    def agreed(value: Any) -> Any:
        return told if value is None else value

    session = SimpleNamespace(rank=rank, world_size=2, first=rank == 0, agreed=agreed, everyones=list)
    return cast(Work, SimpleNamespace(session=session))


def test_a_process_that_cannot_see_the_record_yet_reads_its_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intact, "SMALL", 3)
    folder, outputs = PhaseFolder(tmp_path / "0123456789ab-made"), {}
    folder.weights.mkdir(parents=True)
    for name in ("a", "b"):
        (folder.weights / name).write_text("weights")
        outputs[f"weights/{name}"] = digest(folder.weights / name)
    write_json(folder.record_file, Record("0123456789ab", "made", Cost(), outputs, "", "2026-01-01", "exact"))
    told = intact._large(folder)
    assert told == sorted(outputs.items())
    (folder.weights / "b").write_text("changed")
    intact._check(folder, one_of_two(0, told))
    folder.record_file.unlink()
    with pytest.raises(LostError, match=r"0123456789ab-made/weights/b: changed since it was recorded"):
        intact._check(folder, one_of_two(1, told))
