"""Token statistics of a set: how long its sequences are under a tokenizer and a window, measured when it is encoded."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from pydantic import NonNegativeInt, PositiveInt

from harness.files.atomic import read_text, write_json
from harness.spec.identity import NUMERICS
from harness.spec.load import dump, from_json
from harness.spec.recipe import Window
from harness.spec.task import Data
from harness.spec.value import value

Histogram = tuple[tuple[PositiveInt, PositiveInt], ...]  # (tokens, how many), by tokens


@value
class Lengths:
    """The lengths of all `sequences` of a set, and of the `longest` one of each of its features.

    A feature is what a batch counts: an example, or a window of one. `positions` are those that a head reads; of text
    all tokens that may be masked.
    """

    positions: NonNegativeInt
    sequences: Histogram
    longest: Histogram

    @property
    def features(self) -> int:
        """How many features the set has."""
        return sum(count for _, count in self.longest)


class Reader(NamedTuple):
    """What reads a set: a tokenizer by the SHA-256 of its file, for a decoder or not: special tokens differ."""

    tokenizer: str
    decoder: bool


def lengths_file(runs: Path, data: Data, reader: Reader, window: Window) -> Path:
    """Where the statistics of `data` lie below `runs`."""
    content = {**reader._asdict(), "numerics": NUMERICS[data.format], "window": dump(window), "data": dump(data)}
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
    return runs / ".cache" / "lengths" / f"{key}.json"


def write_lengths(file: Path, found: Lengths) -> None:
    """Keep `found`; raises HarnessError where it cannot be written."""
    write_json(file, found)


def read_lengths(file: Path) -> Lengths | None:
    """What `file` holds, None where nothing was measured; raises HarnessError for a damaged file."""
    if not file.exists():
        return None
    found: Lengths = from_json(Lengths, read_text(file, "token statistics"), str(file))
    return found
