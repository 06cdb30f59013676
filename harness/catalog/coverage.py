"""Rows at hand against the rows that were published: a part of a test set gives no official score."""

from collections.abc import Callable
from pathlib import Path

from harness.spec.task import Source


def shortfall(source: Source, root: Path | None, place: tuple[str, str], count: Callable[[], int]) -> str | None:
    """How the rows of `place`, a split and a language, differ in number from the published ones, in words.

    None where they do not, or where either number is unknown. Rows that are left out of a whole file by design, such
    as XQuAD's paragraphs in SQuAD's dev set, make no difference. `count` counts the rows; it is called only where
    reading them would not insist on a number.
    """
    published, behind = source.published(*place), source.behind(root, *place)
    if published is None or behind is None:
        return None
    rows = count() if behind.counted is None else behind.counted
    if rows == published:
        return None
    return f"{rows:,} of {published:,} published rows" if rows < published else f"{rows:,} rows, not {published:,}"
