"""What differs between two values of the spec, field by field, in their plain data as JSON has it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KEYS = ("language", "task")  # items of a list that have one of these are compared by it, not by their place
WIDTH = 60  # characters of a value that are told
FEW = 3  # items of a long list that are told


@dataclass(frozen=True)
class Difference:
    """One field by its path, such as `start.data[anli].parts[en].digest`, and what it is on either side.

    `data` is the set of rows, `task split`, whose content differs, where that is what the field says.
    """

    path: str
    left: Any
    right: Any
    data: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {_told(self.left, self.right)} -> {_told(self.right, self.left)}"


def differences(left: Any, right: Any, path: str = "", data: str | None = None) -> Iterator[Difference]:
    """Every field of plain data that differs, in the order of the fields; a field that one side lacks is None there.

    Where the two are of different kinds, such as a published model and a trained one, or one is made from the other,
    they differ as a whole.
    """
    if left == right:
        return
    match left, right:
        case dict(), dict() if left.get("kind") == right.get("kind") and not _made_from(left, right):
            within = f"{left['task']} {left.get('split')}" if "parts" in left and "task" in left else data
            for name in dict.fromkeys((*left, *right)):
                below = f"{path}.{name}" if path else str(name)
                yield from differences(left.get(name), right.get(name), below, within)
        case list(), list() if any(isinstance(item, dict) for item in (*left, *right)):
            ours, theirs = _by_key(left, right)
            for key in dict.fromkeys((*ours, *theirs)):
                yield from differences(ours.get(key), theirs.get(key), f"{path}[{key}]", data)
        case _:
            yield Difference(path or "phase", left, right, data if path.endswith("].digest") else None)


def _made_from(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Whether one of two is a stage of the other: then that has stages more, and no other field."""
    return any(each in (left, right) for phase in (left, right) for each in _earlier(phase))


def _earlier(phase: dict[str, Any]) -> Iterator[Any]:
    while isinstance(start := phase.get("start"), dict):
        yield start
        phase = start


def _by_key(left: list[Any], right: list[Any]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The items of both by what names them, or by their places."""
    for key in KEYS:
        named = [{item.get(key): item for item in items if isinstance(item, dict)} for items in (left, right)]
        if all(len(each) == len(items) and None not in each for each, items in zip(named, (left, right), strict=True)):
            return named[0], named[1]
    return dict(enumerate(left)), dict(enumerate(right))


def _told(value: Any, other: Any) -> str:
    """A value in few words; of two long lists what is in one alone."""
    match value:
        case dict() if "kind" in value:
            return " ".join([value["kind"], *_name(value)])
        case list() if isinstance(other, list) and len(json.dumps(value)) > WIDTH:
            alone = [item for item in value if item not in other]
            return f"{len(value)} entries, {len(alone)} of them here alone{_few(alone)}"
        case _:
            text = json.dumps(value, ensure_ascii=False)
            return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _few(items: list[Any]) -> str:
    if not items:
        return ""
    more = ", …" if len(items) > FEW else ""
    return f" ({', '.join(json.dumps(item, ensure_ascii=False) for item in items[:FEW])}{more})"


def _name(value: dict[str, Any]) -> Iterator[str]:
    """What people call a phase or a model."""
    sets = value.get("data", [])
    yield from (str(value[name]) for name in ("role", "hub_id", "algorithm") if value.get(name))
    yield from (str(each.get("task")) for each in (sets if isinstance(sets, list) else [sets]))
