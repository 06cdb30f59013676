"""How every noun is declared: a frozen dataclass that refuses unknown fields and wrong types."""

from dataclasses import field
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make `cls` a frozen, hashable, strictly validated value."""
    made = dataclass(cls, frozen=True, config=STRICT)
    made.__hash__ = _once(made.__hash__)  # type: ignore[method-assign]
    return made  # type: ignore[return-value]


def _once(counted: Any) -> Any:
    """A hash that is kept: a phase contains its whole lineage, and thousands of phases share one."""

    def kept(self: Any) -> int:
        known: dict[str, Any] = self.__dict__
        try:
            return known["_hash"]  # type: ignore[no-any-return]
        except KeyError:
            return known.setdefault("_hash", counted(self))  # type: ignore[no-any-return]

    return kept
