"""How every noun is declared: a frozen dataclass that refuses unknown fields and wrong types."""

from dataclasses import field
from typing import TypeVar, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make `cls` a frozen, hashable, strictly validated value."""
    return dataclass(cls, frozen=True, config=STRICT)  # type: ignore[return-value]
