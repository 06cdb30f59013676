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
Place = tuple[int | str, ...]

MANY = 12  # known words that one sentence can name
WORDS = {"a valid array": "a list", "an object": "a mapping", "a valid number": "a finite number"}  # YAML's for JSON's


def from_yaml(kind: type[T], text: str, where: str) -> T:
    """Read YAML `text`, found at `where`, as a `kind`.

    Raises HarnessError for malformed text, an unknown key or a value of the wrong type.
    """
    try:
        data = yaml_text.parse(text)
    except yaml.YAMLError as error:
        raise HarnessError(f"{where}: not valid YAML: {yaml_text.problem(error)}") from error
    if not isinstance(data, dict):
        raise HarnessError(f"{where}: holds no settings; a mapping of keys to values is expected")
    return build(kind, data, where)


def from_json(kind: Any, text: str, where: str) -> Any:
    """Read JSON `text`, found at `where`, as a `kind` (a value class or a union of them); raises HarnessError."""
    try:
        return build(kind, json.loads(text), where)
    except (ValueError, RecursionError) as error:  # a number of a million digits, a million brackets
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
    """A hint that names the known word closest to `name`, or the known ones, at most MANY, when none is close."""
    known = sorted(known)
    begun = [each for each in known if name and each.startswith(name)]
    if close := begun or difflib.get_close_matches(name, known, n=1, cutoff=0.5):
        return f"did you mean '{close[0]}'?"
    more = f" and {len(known) - MANY} more" if len(known) > MANY else ""
    return f"known: {', '.join(known[:MANY])}{more}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _sentence(kind: Any, error: ValidationError, where: str) -> str:
    """The sentence for the deepest mistake: of a union, the closest option."""
    found = [(_place(kind, mistake), mistake) for mistake in error.errors()]
    unknown = "unexpected_keyword_argument"  # before what is missing: it may be what was meant
    deepest, first = max(found, key=lambda each: (len(each[0]), each[1]["type"] == unknown))
    place = ".".join(map(str, deepest))
    if first["type"] == unknown:
        return f"{where}: unknown key '{place}'; {nearest(str(deepest[-1]), _fields_at(kind, deepest[:-1]))}"
    if first["type"].startswith("missing"):
        return f"{where}: '{place}' is missing"
    if first["type"] == "value_error":
        return f"{where}: {first['msg'].removeprefix('Value error, ')}"
    given = json.dumps(first["input"], default=str)[:80]
    options = dict.fromkeys(_expected(mistake["msg"]) for at, mistake in found if at == deepest)
    subject = f"'{place}' is" if place else "it holds"
    return f"{where}: {subject} {given}, but {', or '.join(options)}"


def _expected(message: str) -> str:
    """What pydantic expected, in the words of YAML: "it should be a list"."""
    _, should, what = message.partition("should ")
    for pydantic, yaml_word in WORDS.items():
        what = what.replace(pydantic, yaml_word)
    return f"it {should}{what}" if should else message


def _place(kind: Any, mistake: Mapping[str, Any]) -> Place:
    """Where a mistake lies: keys and indices, without the tags by which pydantic tells the options of a union apart."""
    loc = mistake["loc"]
    if mistake["type"] == "unexpected_keyword_argument":
        return (*_descend(kind, loc[:-1])[0], loc[-1])
    return _descend(kind, loc)[0]


def _fields_at(kind: Any, place: Place) -> set[str]:
    return {name for owner in _descend(kind, place)[1] for option in _options(owner) for name in _names(option)}


def _descend(kind: Any, loc: Place) -> tuple[Place, list[Any]]:
    """The parts of `loc` that lead from `kind` into a field or an item, and the type hints at its end."""
    owners: list[Any] = [kind]
    place: list[int | str] = []
    for part in loc:
        if below := [hint for owner in owners for hint in _children(owner, part)]:
            owners = below
            place.append(part)
    return tuple(place), owners


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
