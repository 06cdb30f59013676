"""Reader of multiple-choice questions from records of any notation, and what the records of each data set say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

from harness.catalog.sources.published import Reader
from harness.catalog.sources.records import Record, Records, distinct
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample

PLACEHOLDERS = 100  # rows from which labels that are all the same are no gold


class Told(NamedTuple):
    """What a record says of its question."""

    context: str
    question: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Choices:
    """Reads a row from each record, or raises HarnessError with its file and line.

    `names` are what labels call the choices, in their order. Without `label`, the name of a field, gold is hidden; so
    is that of a record without one where it is `optional`. `id` names a field; without one, rows are numbered from 0.
    """

    records: Records
    told: Callable[[Record], Told]
    names: tuple[str, ...]
    label: str | None = "label"
    optional: bool = False
    id: str | None = None

    def __call__(self, paths: Sequence[Path], language: str) -> Iterator[ChoiceExample]:
        """The rows of `paths` in their order."""
        rows = self._rows(paths)
        return distinct(rows) if self.id else (row for _, row in rows)

    def _rows(self, paths: Sequence[Path]) -> Iterator[tuple[Record, ChoiceExample]]:
        numbers = count()
        for record in self.records(paths):
            key = str(record.value(self.id)) if self.id else str(next(numbers))
            told = self.told(record)
            if len(told.choices) != len(self.names):
                raise HarnessError(f"{record.where}: {len(told.choices)} choices; expected {len(self.names)}")
            yield record, ChoiceExample(key, *told, self._gold(record))

    def _gold(self, record: Record) -> int | None:
        if self.label is None or (self.optional and record.fields.get(self.label) in (None, "")):
            return None
        return self.names.index(record.one_of(self.label, self.names))


def read_without_placeholders(paths: Sequence[Path], language: str, *, read: Reader) -> Iterator[ChoiceExample]:
    """The rows of `read`; gold is hidden where 100 rows or more have the same label, which is a placeholder then."""
    rows = [row for row in read(paths, language) if isinstance(row, ChoiceExample)]
    constant = len(rows) >= PLACEHOLDERS and len({row.label for row in rows}) == 1
    return (row._replace(label=None) for row in rows) if constant else iter(rows)


def tell_hellaswag(record: Record) -> Told:
    """HellaSwag: endings go on from `ctx`, which is `ctx_a` and, where there is one, `ctx_b`."""
    parts = (record.text("ctx_a"), record.text("ctx_b")) if "ctx" not in record.fields else (record.text("ctx"),)
    return Told(" ".join(filter(None, parts)), "", _texts(record, "endings", record.value("endings")))


def tell_cosmos(record: Record) -> Told:
    """Cosmos QA: `context`, `question` and four answers."""
    return _asked(record, "answer0", "answer1", "answer2", "answer3")


def tell_siqa(record: Record) -> Told:
    """Social IQa: `context`, `question` and three answers."""
    return _asked(record, "answerA", "answerB", "answerC")


def tell_copa(record: Record) -> Told:
    """COPA: the question in the words of XTREME's run_xcopa.py, in English for every language."""
    asked = record.one_of("question", ("cause", "effect"))
    choices = (record.text("choice1"), record.text("choice2"))
    return Told(record.text("premise"), f"What was the {asked}?", choices)


def tell_commonsense(record: Record) -> Told:
    """CommonsenseQA as published, where a question holds its choices, or flattened, where both stand side by side.

    The question is what a choice is read with, so it is the context: nothing else would be there.
    """
    asked = record.value("question")
    if isinstance(asked, str):
        return Told(asked, "", _lettered(record, _column(record, "label"), _column(record, "text")))
    inner = record._replace(fields=_mapping(record, "question", asked))
    items = [_mapping(record, "choices", item) for item in _items(record, "choices", inner.value("choices"))]
    labels, texts = ([item.get(name) for item in items] for name in ("label", "text"))
    return Told(inner.text("stem"), "", _lettered(record, labels, texts))


def _asked(record: Record, *answers: str) -> Told:
    return Told(record.text("context"), record.text("question"), tuple(record.text(name) for name in answers))


def _lettered(record: Record, labels: Sequence[object], texts: Sequence[object]) -> tuple[str, ...]:
    """The texts in the order of their letters."""
    if len(labels) != len(texts) or sorted(map(str, labels)) != list("ABCDE")[: len(labels)]:
        raise HarnessError(
            f"{record.where}: choices {', '.join(map(str, labels))[:40]}; expected a text for A to E each"
        )
    found = dict(zip(map(str, labels), texts, strict=True))
    return _texts(record, "choices", [found[letter] for letter in sorted(found)])


def _column(record: Record, name: str) -> list[object]:
    choices = _mapping(record, "choices", record.value("choices"))
    return _items(record, "choices", choices.get(name))


def _texts(record: Record, name: str, values: object) -> tuple[str, ...]:
    texts = tuple(text for text in _items(record, name, values) if isinstance(text, str))
    if len(texts) != len(_items(record, name, values)):
        raise HarnessError(f"{record.where}: '{name}' is {values!r:.40}; expected a list of texts")
    return texts


def _items(record: Record, name: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise HarnessError(f"{record.where}: '{name}' is {value!r:.40}; expected a list")
    return value


def _mapping(record: Record, name: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise HarnessError(f"{record.where}: '{name}' is {value!r:.40}; expected an object")
    return value
