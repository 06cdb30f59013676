"""Files survive what interrupts them: whole or absent, appended or torn, never half believed."""

import json
import subprocess
import sys
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


def test_a_journal_goes_on_after_a_full_disk_where_it_was_cut_off(tmp_path: Path) -> None:
    """On a really full file system: the line that was torn is completed, and none after it is harmed."""
    script = f"""
from contextlib import suppress
from pathlib import Path
from harness.files.journal import Journal, read
from harness.spec.errors import HarnessError
folder = Path({str(tmp_path)!r})
with Journal(folder / "journal.jsonl") as journal:
    journal.append("start")
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    journal.append("step", step=0, text="x" * 50_000)
    try:
        journal.sync()
    except HarnessError as error:
        print(error)
    journal.append("step", step=1)
    (folder / "filler").unlink()
    journal.append("step", step=2)
print([event.get("step") for event in read(folder / "journal.jsonl")])
"""
    mounted = f'mount -t tmpfs -o size=1m none {tmp_path} && exec "$0" -c "$1"'
    line = ["unshare", "-rm", "sh", "-c", mounted, sys.executable, script]
    ended = subprocess.run(line, check=False, capture_output=True, text=True, timeout=60)
    said = f"{tmp_path}/journal.jsonl: could not be written (No space left on device)\n"
    assert ended.stdout == f"{said}[None, 0, 1, 2]\n", ended.stderr


@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00", b"[" * 100_000, b"1" * 5000, b'{"event": 7}', b"null"])
def test_a_damaged_line_harms_no_other(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.append("start")
    path.write_bytes(path.read_bytes() + garbage)
    with Journal(path) as journal:
        journal.append("end")
    assert [event["event"] for event in read(path) if event["event"] != 7] == ["start", "end"]
