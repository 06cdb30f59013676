"""Names that files may give to files: plain ones below a folder, so that nothing read back can lead out of it."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

LONGEST = 255  # bytes of one part, NAME_MAX of every file system here
# Neither a part of a path nor hidden; short enough for what is put around it.
FileName = Annotated[str, Field(pattern=r"^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*$", max_length=120)]


def _inner(text: str) -> str:
    path = PurePosixPath(text)
    plain = path.parts and str(path) == text and not path.is_absolute() and "\\" not in text
    if not plain or not all(map(_is_name, path.parts)):
        raise ValueError(f"{text[:80]!r} is no path below a folder; expected plain names such as 'weights/index.json'")
    return text


def _is_name(part: str) -> bool:
    printable = all(character.isprintable() for character in part)
    return printable and part not in ("", ".", "..") and len(part.encode(errors="replace")) <= LONGEST


InnerPath = Annotated[str, AfterValidator(_inner)]
