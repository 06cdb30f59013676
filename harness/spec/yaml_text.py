"""YAML 1.1 without its traps: `1e-4` is a number, `no` is Norwegian, a key occurs once."""

import re
from collections.abc import Hashable
from typing import Any

import yaml

_TRAPS = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"}
_FLOAT = r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$"


class _Loader(yaml.SafeLoader):
    pass


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            problem = f"a list or a mapping cannot be a key: {key}"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key '{key}' occurs twice", key_node.start_mark)
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_Loader.yaml_implicit_resolvers = {
    first: [resolver for resolver in resolvers if resolver[0] not in _TRAPS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(_FLOAT), list("-+.0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse(text: str) -> Any:
    """The plain data of YAML `text`; raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)


def problem(error: yaml.YAMLError) -> str:
    """What is wrong with the text that `parse` raised `error` for, on one line, with its place."""
    match error:
        case yaml.MarkedYAMLError(problem=str(what), problem_mark=yaml.Mark() as mark):
            return f"{what} (line {mark.line + 1}, column {mark.column + 1})"
        case yaml.reader.ReaderError():
            return f"{error.reason} (character {error.position + 1})"
    return " ".join(str(error).split())
