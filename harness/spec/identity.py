"""Identity: a phase's id from its typed fields as canonical JSON, and from nothing else."""

import dataclasses
import hashlib
import json
import math
from functools import cache
from typing import Any

from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train

# Raised by hand when a fix changes the numbers of a format or of the training engine.
NUMERICS = {
    "engine": 1,
    "tokenizer": 1,
    "pair": 1,
    "choice": 1,
    "tagging": 1,
    "span": 2,
    "retrieval": 3,
    "mlm": 3,
}


@cache
def identity(phase: AnyPhase) -> str:
    """The id of `phase`: 12 hexadecimal digits, the same on every host, in every folder, at every world size.

    Raises TypeError for a field that cannot be serialised stably.
    """
    content = {"phase": _fields(phase), "numerics": {name: NUMERICS[name] for name in _numerics(phase)}}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _numerics(phase: AnyPhase) -> list[str]:
    match phase:
        case TrainTokenizer():
            return ["tokenizer"]
        case Train():
            return ["engine", *{data.format for data in phase.data}]
        case Evaluate():
            return ["engine", phase.data.format]


def _fields(noun: Any) -> dict[str, Any]:
    """Fields by name; None is left out, so that a new optional field changes no existing id."""
    values = {field.name: getattr(noun, field.name) for field in dataclasses.fields(noun)}
    return {name: _canonical(value) for name, value in values.items() if value is not None}


def _canonical(value: Any) -> Any:
    if isinstance(value, (Train, Evaluate, TrainTokenizer)):
        return identity(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"{value} has no stable identity")
    if type(value) in (str, int, float, bool):
        return value
    raise TypeError(f"a {type(value).__name__} has no stable identity: {value!r}")
