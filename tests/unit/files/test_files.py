"""Files survive what interrupts them: whole or absent, appended or torn, never half believed."""

import json
from pathlib import Path

import pytest

from harness.files.atomic import read_text, write_json, write_text
from harness.files.journal import Journal, read
from harness.files.predictions import read_predictions, write_predictions
from harness.spec.errors import HarnessError


def test_a_write_replaces_whole_files_and_leaves_no_drafts(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    write_text(tmp_path / "a", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert read_text(tmp_path / "a", "text") == "new"


def test_a_write_that_fails_keeps_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"kept": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"bad": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"kept": 1}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HarnessError, match=r"file/a\.json: could not be written \((File exists|Not a directory)\)"):
        write_text(tmp_path / "file" / "a.json", "text")


def test_a_missing_file_is_named_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"gone\.json: cannot be read .* expected a record"):
        read_text(tmp_path / "gone.json", "a record")


def test_a_journal_gives_the_last_attempt_and_leaves_torn_lines_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append("start")
        journal.append("step", step=0)
    with path.open("a") as file:
        file.write('{"event": "step", "st')
    assert [event["event"] for event in read(path)] == ["start", "step"]
    with Journal(path) as journal:
        journal.append("start")
        journal.append("end")
    assert [event["event"] for event in read(path)] == ["start", "end"]


def test_predictions_are_read_as_written(tmp_path: Path) -> None:
    given = {"1": "line\u2028break", "2": ["NOUN", "VERB"], "3": [["7", 0.5]]}
    write_predictions(tmp_path, "de", given)
    assert read_predictions(tmp_path, "de") == given


def test_damaged_predictions_say_what_to_do(tmp_path: Path) -> None:
    write_predictions(tmp_path, "de", {"1": "a"})
    (tmp_path / "de.jsonl").write_text('{"id": "1", "pre')
    with pytest.raises(HarnessError, match="harness retry"):
        read_predictions(tmp_path, "de")
