"""From text to a typed value: strict, and every mistake is told in one sentence that names its place."""

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from harness.spec import yaml_text
from harness.spec.errors import HarnessError

T = TypeVar("T")


def from_yaml(kind: type[T], text: str, where: str) -> T:
    """Read YAML `text`, found at `where`, as a `kind`.

    Raises HarnessError for malformed text, an unknown key or a value of the wrong type.
    """
    try:
        data = yaml_text.parse(text)
    except yaml.YAMLError as error:
        raise HarnessError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise HarnessError(f"{where}: holds no settings; a mapping of keys to values is expected")
    return build(kind, data, where)


def from_json(kind: Any, text: str, where: str) -> Any:
    """Read JSON `text`, found at `where`, as a `kind` (a value class or a union of them); raises HarnessError."""
    try:
        return build(kind, json.loads(text), where)
    except json.JSONDecodeError as error:
        raise HarnessError(f"{where}: not complete JSON ({error})") from error


def build(kind: type[T], data: Any, where: str) -> T:
    """Make a `kind` of plain data (mappings, lists, strings, numbers), or raise HarnessError naming the mistake."""
    try:
        return _adapter(kind).validate_json(json.dumps(data))  # type: ignore[no-any-return, arg-type]
    except ValidationError as error:
        raise HarnessError(_sentence(kind, error, where)) from error
    except TypeError as error:
        raise HarnessError(f"{where}: {error}") from error


def dump(value: Any) -> Any:
    """The plain data of a value, ready for JSON; `build` gives the value back."""
    kind: Any = type(value)
    return _adapter(kind).dump_python(value, mode="json")


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the known word closest to `name`, or all of them when none is close."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _sentence(kind: Any, error: ValidationError, where: str) -> str:
    first = max(error.errors(), key=lambda mistake: len(mistake["loc"]))  # the deepest: of a union, the closest option
    place = ".".join(str(part) for part in first["loc"] if not str(part)[:1].isupper())
    if first["type"] == "unexpected_keyword_argument":
        known = _fields_at(kind, first["loc"][:-1])
        return f"{where}: unknown key '{place}'; {nearest(str(first['loc'][-1]), known)}"
    if first["type"].startswith("missing"):
        return f"{where}: '{place}' is missing"
    problem = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if first["type"] == "value_error":
        return f"{where}: {problem}"
    return f"{where}: '{place}' is {json.dumps(first['input'], default=str)[:80]}, but it {problem}"


def _fields_at(kind: Any, loc: tuple[int | str, ...]) -> set[str]:
    owners = [kind]
    for part in loc:
        owners = [hint for owner in owners for hint in _children(owner, part)] or owners  # union tags do not descend
    return {name for owner in owners for option in _options(owner) for name in _names(option)}


def _children(owner: Any, part: int | str) -> Iterator[Any]:
    for option in _options(owner):
        if part in _names(option):
            yield typing.get_type_hints(option)[str(part)]
        elif typing.get_origin(option) is tuple and isinstance(part, int):
            yield typing.get_args(option)[0]
        elif typing.get_origin(option) in (dict, Mapping):
            yield typing.get_args(option)[1]


def _options(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) is typing.Annotated:
        return _options(typing.get_args(hint)[0])
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(option for part in typing.get_args(hint) for option in _options(part))
    return (hint,)


def _names(option: Any) -> set[str]:
    return {f.name for f in dataclasses.fields(option)} if dataclasses.is_dataclass(option) else set()
