"""Training sets that are smaller than they were published: of which rows a user should know before and after."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from harness.catalog import find
from harness.catalog.coverage import shortfall
from harness.run.bill.rows import Rows
from harness.spec.phase import AnyPhase, Train
from harness.spec.task import Data


def short_training_sets(phases: Iterable[AnyPhase], root: Path | None, rows: Rows) -> tuple[str, ...]:
    """A line for each set of `phases` that has other rows than were published, with the files that they are from.

    `limit` and what is held out do not count: the sweep says the one, and evaluated rows are no training rows.
    `rows` counts a set.
    """
    every = (data for phase in phases if isinstance(phase, Train) for data in phase.data if not data.text)
    return tuple(dict.fromkeys(line for data in dict.fromkeys(every) for line in _lines(data, root, rows)))


def _lines(data: Data, root: Path | None, rows: Rows) -> Iterator[str]:
    source = find.task(data.task).source
    for part in data.parts:
        whole = dataclasses.replace(data, parts=(part,), held_out=(), limit=None, shuffled_labels=None)
        behind = source.behind(root, data.split, part.language) if part.digest else None
        if behind is None:
            continue
        lack = shortfall(source, root, (data.split, part.language), partial(_counted, rows, whole))
        if lack:
            yield f"{whole.name}, {data.split}: {lack}, from {_named(behind.files, root)}"


def _counted(rows: Rows, data: Data) -> int:
    return rows(data) or 0


def _named(files: Sequence[Path], root: Path | None) -> str:
    first = files[0].relative_to(root) if root and files[0].is_relative_to(root) else files[0]
    return f"{first} and {len(files) - 1} more" if len(files) > 1 else str(first)
