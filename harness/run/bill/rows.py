"""How many rows a set has: counted where they are at hand, else as published."""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.catalog.memory import recall
from harness.files.atomic import write_json
from harness.spec.load import dump
from harness.spec.task import Data

Rows = Callable[[Data], int | None]


def counted(root: Path | None, runs: Path) -> Rows:
    """How many rows a set has: counted once where they are at hand, and remembered below `runs`; else as published."""
    file = runs / ".cache" / "rows.json"
    known: dict[str, int] = recall(file, "rows")

    @cache
    def rows(data: Data) -> int | None:
        if not data.at_hand:
            return _published(data)
        key = hashlib.sha256(json.dumps(dump(data), sort_keys=True).encode()).hexdigest()
        if key not in known:
            known[key] = sum(1 for _ in catalog_data.rows(data, root))
            write_json(file, {"rows": known})
        return known[key]

    return rows


def _published(data: Data) -> int | None:
    """Rows of a set that is not at hand, as published; each row of a text set counts as one text."""
    if data.text:
        return _sum(_published(text) for text in data.text)
    task = find.task(data.task)
    known = (task.source.published(data.split, language) for language in data.languages)
    counts = [task.train_sizes.get(data.split) if count is None else count for count in known]
    return _sum(count if count is None else min(count, data.limit or count) for count in counts)


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum; unknown where one of them is."""
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)
