"""A really full disk, a tmpfs of one MiB: whatever is written, what was there stays whole, and one sentence tells."""

import subprocess
import sys
from pathlib import Path

import pytest

WRITES = {
    "record.json": "write_json(path, Record('0', 's', Cost(), {}, '', 'x' * SIZE, 'exact'))",
    "failure.json": "write_json(path, Failure('0', 'x' * SIZE, '', 'now'))",
    "scores.json": "write_json(path, Scores('0', 't', 'm', 1, {}, {}, {}, {'de': 'x' * SIZE}))",
    "en.jsonl": "write_predictions(path.parent, 'en', {'1': 'x' * SIZE})",
    "report.md": "write_text(path, 'x' * SIZE)",
    "curve.png": "draw(Figure(figsize=(20, 20)), path.with_suffix(''))",
    "lease.json": "acquire(path.with_name('taken.json'), 'me') and path.write_text('')",
    "ceiling.json": "write_bytes(path, bytes(SIZE))",
}
SCRIPT = """
import sys
from pathlib import Path
from matplotlib.figure import Figure
from harness.analysis.figures.drawing import draw
from harness.files.atomic import *
from harness.files.lease import acquire
from harness.files.predictions import write_predictions
from harness.spec.errors import HarnessError
from harness.spec.record import *
SIZE = 300_000
path = Path(sys.argv[1])
path.write_text("before")
try:
    with (path.parent / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
except OSError:
    pass
def attempt():
    %s
try:
    attempt()
    print("it was written")
except HarnessError as error:
    print(error)
print(path.read_text(), sorted(each.name for each in path.parent.iterdir() if each.name != "filler"))
(path.parent / "filler").unlink()
attempt()
print(path.read_bytes() != b"before")
"""


@pytest.mark.parametrize("name", WRITES)
def test_nothing_that_was_there_is_torn_and_with_room_the_same_goes_on(tmp_path: Path, name: str) -> None:
    mounted = f'mount -t tmpfs -o size=1m none {tmp_path} && exec "$0" -c "$1" "$2"'
    line = ["unshare", "-rm", "sh", "-c", mounted, sys.executable, SCRIPT % WRITES[name], str(tmp_path / name)]
    ended = subprocess.run(line, check=False, capture_output=True, text=True, timeout=60)
    said, left, again = ended.stdout.splitlines() or [ended.stderr] * 3
    assert "could not be written (No space left on device)" in said, ended.stderr
    assert left == f"before ['{name}']", "a torn file or a draft is left"
    assert again == "True"
