"""JSON of published files: parsed, its fields by name and type, and the lines they lie on, for the readers of JSON."""

import json
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from harness.files.atomic import read_text
from harness.spec.errors import HarnessError

Kind = TypeVar("Kind")

KINDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}
MARK = "\ufeff"


class Document(NamedTuple):
    """A file of one JSON value: its text, without a byte order mark, and the value."""

    path: Path
    text: str
    value: Any

    def place(self, key: str) -> str:
        """File and line of the last `key` in quotes, of the last line without one: JSON readers keep no lines."""
        found = max(self.text.rfind(json.dumps(key, ensure_ascii=escaped)) for escaped in (True, False))
        return f"{self.path}, line {self.text.count(chr(10), 0, max(0, found)) + 1}"


def load(path: Path, expected: str, *, distinct: bool = False) -> Document:
    """The JSON value that a file holds, with or without a byte order mark.

    Raises HarnessError for a file that is empty, no complete JSON or nested too deeply, naming its line and what was
    `expected`, and if `distinct` for a name that occurs twice in an object.
    """
    text = read_text(path, expected).removeprefix(MARK)
    if not text.strip():
        raise HarnessError(f"{path}: is empty; expected {expected}")
    document = Document(path, text, None)
    try:
        return document._replace(value=json.loads(text, object_pairs_hook=_once if distinct else None))
    except json.JSONDecodeError as error:
        raise HarnessError(f"{path}, line {error.lineno}: not complete JSON ({error}); expected {expected}") from error
    except _TwiceError as error:
        where = document.place(error.name)
        raise HarnessError(f"{where}: '{error.name}' occurs twice; expected {expected}, each once") from error
    except (RecursionError, ValueError) as error:
        raise _unreadable(str(path), error, expected) from error


def parse(text: str, where: str, expected: str) -> Any:
    """The JSON value of a line of a file, which lies at `where`; raises HarnessError as `load`."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise HarnessError(f"{where}: not complete JSON ({error}); expected {expected}") from error
    except (RecursionError, ValueError) as error:
        raise _unreadable(where, error, expected) from error


def member(parent: Any, name: str, kind: type[Kind]) -> Kind:
    """The field `name` of an object, of a type among KINDS; true and false are no numbers.

    Raises ValueError, to be told with its place, where `parent` is no object or has no such field.
    """
    if type(parent) is not dict:
        raise ValueError(f"found {shown(parent)}; expected an object with '{name}'")
    if name not in parent:
        raise ValueError(f"'{name}' is missing; expected {KINDS[kind]}")
    return typed(parent[name], f"'{name}'", kind)


def typed(value: Any, what: str, kind: type[Kind]) -> Kind:
    """`value` itself, if it is of `kind`; raises ValueError saying what it is, as `member`."""
    if type(value) is not kind:
        raise ValueError(f"{what} is {shown(value)}; expected {KINDS[kind]}")
    return value


def shown(value: Any) -> str:
    """The beginning of a value as JSON has it; of a list or an object, which may be large, that it is one."""
    return KINDS[type(value)] if type(value) in (list, dict) else json.dumps(value, ensure_ascii=False)[:40]


class _TwiceError(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in members:
        if name in made:
            raise _TwiceError(name)
        made[name] = value
    return made


def _unreadable(where: str, error: Exception, expected: str) -> HarnessError:
    """A number with thousands of digits is the other value that Python refuses."""
    wrong = "is nested too deeply" if isinstance(error, RecursionError) else "holds a number that is too long"
    return HarnessError(f"{where}: {wrong}; expected {expected}")
