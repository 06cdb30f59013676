"""Records of a file and where they stand in it, whatever its notation: what the readers of rows are made from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from harness.spec.errors import HarnessError
from harness.spec.example import Example
from harness.spec.load import nearest

Row = TypeVar("Row", bound=Example)


class Record(NamedTuple):
    """Named fields, and the file and line at which they end."""

    fields: Mapping[str, Any]
    where: str

    def value(self, name: str) -> Any:
        """The field `name`; raises HarnessError where there is none."""
        if name not in self.fields:
            raise HarnessError(
                f"{self.where}: '{name}' is missing; found {', '.join(map(str, self.fields)) or 'nothing'}"
            )
        return self.fields[name]

    def text(self, name: str) -> str:
        """The field `name`, which must be text; raises HarnessError."""
        value = self.value(name)
        if not isinstance(value, str):
            raise HarnessError(f"{self.where}: '{name}' is {value!r:.40}; expected text")
        return value

    def one_of(self, name: str, known: Sequence[str]) -> str:
        """The field `name`, a whole number as its digits, which must be one of `known`; raises HarnessError."""
        value = str(self.value(name))
        if value not in known:
            raise HarnessError(f"{self.where}: unknown {name} '{value[:40]}'; {nearest(value, known)}")
        return value


Records = Callable[[Sequence[Path]], Iterator[Record]]


def distinct(rows: Iterable[tuple[Record, Row]]) -> Iterator[Row]:
    """The rows of all records; raises HarnessError, with both places, for an id that occurs twice."""
    places: dict[str, str] = {}
    for record, row in rows:
        if row.id in places:
            raise HarnessError(
                f"{record.where}: the id '{row.id}' occurs twice, first in {places[row.id]}; expected one row an id"
            )
        places[row.id] = record.where
        yield row
