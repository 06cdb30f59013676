"""A split of the user's own: a YAML or CSV file that says of each language whether it is low, high or unseen."""

import csv
import hashlib
import io
from typing import Annotated, Literal

from pydantic import Field

from harness.catalog.languages import ENGLISH
from harness.spec.errors import HarnessError
from harness.spec.load import build, from_yaml
from harness.spec.value import value

HEADER = ["language", "level"]
Resource = Literal["low", "high", "unseen"]
Levels = dict[Annotated[str, Field(min_length=1)], Resource]


@value
class SplitFile:
    """What a file says: its name as the sweep has it, SHA-256 of its bytes, and the level of each language, sorted."""

    name: str
    digest: str
    levels: tuple[tuple[str, Resource], ...]

    def level(self, language: str) -> Resource:
        """The level of a language; raises HarnessError, naming it, where the file says nothing of it."""
        found = dict(self.levels).get(language)
        if found is None:
            raise HarnessError(
                f"split: {self.name} does not say what '{language}' is, which is evaluated; add a line for it, with "
                "low, high or unseen"
            )
        return found


def split_file(name: str, text: str, where: str) -> SplitFile:
    """The split in `text`, a mapping of languages to levels in YAML, or the columns language and level in CSV.

    `where` is the file, whose ending tells which. Raises HarnessError for anything else, and for English, which all
    training data are in. A mark of the byte order, as spreadsheets write it, is no part of the first column.
    """
    levels = build(Levels, _rows(text, where), where) if where.endswith(".csv") else from_yaml(Levels, text, where)
    if ENGLISH in levels:
        raise HarnessError(f"{where}: '{ENGLISH}' is English, which is in no split; leave it out")
    return SplitFile(name, hashlib.sha256(text.encode()).hexdigest(), tuple(sorted(levels.items())))


def _rows(text: str, where: str) -> dict[str, str]:
    header, *rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) or [[]]
    if header != HEADER:
        raise HarnessError(f"{where}: begins with '{','.join(header)}'; expected the columns {','.join(HEADER)}")
    found: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(HEADER):
            raise HarnessError(f"{where}: line {number} has {len(row)} columns; expected {','.join(HEADER)}")
        language, level = row
        if language in found:
            raise HarnessError(f"{where}: '{language}' occurs twice; name each language once")
        found[language] = level
    return found
