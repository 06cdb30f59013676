"""A finding: what a check of `harness doctor` saw, how bad it is, and what would mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One line; an error would stop a run, a warning may spoil or slow it. Only `ok` has no remedy."""

    check: str
    level: Level
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> Finding:
    """As it should be."""
    return Finding(check, "ok", says)


def warning(check: str, says: str, remedy: str) -> Finding:
    """What may spoil a run or slow it."""
    return Finding(check, "warning", says, remedy)


def error(check: str, says: str, remedy: str) -> Finding:
    """What would stop a run."""
    return Finding(check, "error", says, remedy)


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names in a sentence, the first few of many."""
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return f"{', '.join(known[:most])}{more}"
