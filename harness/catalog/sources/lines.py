"""Lines of a text file, for the readers of line formats."""

from pathlib import Path

from harness.files.atomic import read_text
from harness.spec.errors import HarnessError


def read_lines(path: Path, expected: str) -> list[str]:
    """The lines of `path` without line ends; raises HarnessError naming what was `expected` in an empty file.

    Lines end at a line feed, with or without a carriage return before it, and nowhere else: U+0085, U+2028 and
    single carriage returns occur inside published sentences.
    """
    text = read_text(path, expected).removeprefix("\ufeff")
    if not text:
        raise HarnessError(f"{path}: is empty; expected {expected}")
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def check_end(path: Path) -> None:
    """Raise HarnessError where the last line of `path` has no line end, for files that are published with one."""
    if not path.read_bytes().endswith(b"\n"):
        raise HarnessError(f"{path}: its last line is not closed by a line end; is the file cut off?")
