"""Identity: a phase's id from its typed fields as canonical JSON, and from nothing else."""

import dataclasses
import hashlib
import math
from collections.abc import Hashable, Iterator
from functools import cache
from json.encoder import encode_basestring_ascii
from typing import Any, cast

from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, architecture, parents

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
    "bf16_training": 1,  # rotary frequencies are in fp32 at stage 3, too
    "bf16_reading": 2,  # so here, and vectors are averaged in fp32; weights are held in bf16, not cast as they are used
    "clm": 1,
    "family_apertus": 1,  # its activations are in the precision of the recipe, not of the file's config
}


@cache
def identity(phase: AnyPhase) -> str:
    """The id of `phase`: 12 hexadecimal digits, the same on every host, in every folder, at every world size.

    Raises TypeError for a field that cannot be serialised stably.
    """
    numerics = ",".join(f'"{name}":{NUMERICS[name]}' for name in sorted(set(_numerics(phase))))
    text = f'{{"numerics":{{{numerics}}},"phase":{_fields(phase)}}}'
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def numerics(phase: AnyPhase) -> dict[str, int]:
    """The entries of NUMERICS that the id of `phase` rests on, through those of its parents, too."""
    names = {name for each in (phase, *_ancestors(phase)) for name in _numerics(each)}
    return {name: NUMERICS[name] for name in sorted(names)}


def _ancestors(phase: AnyPhase) -> Iterator[AnyPhase]:
    for parent in parents(phase):
        yield parent
        yield from _ancestors(parent)


def _numerics(phase: AnyPhase) -> list[str]:
    match phase:
        case TrainTokenizer():
            return ["tokenizer"]
        case Train():
            named = ["bf16_training"] if phase.precision == "bf16" else []
            return ["engine", *{data.format for data in phase.data}, *named, *_of_family(phase)]
        case Evaluate():
            named = ["bf16_reading"] if phase.precision == "bf16" else []
            return ["engine", phase.data.format, *named, *_of_family(phase)]


def _of_family(phase: Train | Evaluate) -> list[str]:
    name = f"family_{architecture(phase).family}"
    return [name] if name in NUMERICS else []


@cache
def _fields(noun: Hashable) -> str:
    """Fields by name as canonical JSON; None is left out, so that a new optional field changes no existing id.

    Kept for every value, since thousands of phases share recipes and data.
    """
    values = ((name, getattr(noun, name)) for name in _names(type(noun)))
    return "{" + ",".join(f'"{name}":{_canonical(value)}' for name, value in values if value is not None) + "}"


@cache
def _names(noun: Hashable) -> tuple[str, ...]:
    return tuple(sorted(field.name for field in dataclasses.fields(cast(Any, noun))))


def _canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and ASCII alone: as json.dumps writes it, without an encoder for each value."""
    if type(value) is str:
        return encode_basestring_ascii(value)
    if isinstance(value, (Train, Evaluate, TrainTokenizer)):
        return f'"{identity(value)}"'
    if isinstance(value, tuple):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"{value} has no stable identity")
    if type(value) in (int, float):
        return repr(value)
    if type(value) is bool:
        return "true" if value else "false"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(cast(Hashable, value))
    raise TypeError(f"a {type(value).__name__} has no stable identity: {value!r}")
