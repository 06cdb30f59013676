"""Reader of sentence pairs from records of any notation: which fields hold the texts and the label."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from harness.catalog.sources.records import Record, Records, distinct
from harness.spec.example import PairExample

NLI = {name: name for name in ("entailment", "neutral", "contradiction")}
SENTENCES = ("sentence1", "sentence2")


def plain(text: str) -> str:
    """The text as it is."""
    return text


@dataclass(frozen=True)
class Pairs:
    """Reads a row from each record, or raises HarnessError with its file and line.

    `texts` and `label` name fields; without `label` gold is hidden. `labels` says what published labels are called
    here; rows whose label is in `dropped` are left out. `id` names a field; without one, rows are numbered from 0 in
    the order in which they are kept, so that copies of a data set that differ in nothing else have the same ids.
    `language` names a field that must hold the language asked for. `written` is applied to both texts.
    """

    records: Records
    texts: tuple[str, str] = SENTENCES
    label: str | None = "gold_label"
    labels: Mapping[str, str] = field(default_factory=lambda: NLI)
    dropped: tuple[str, ...] = ()
    id: str | None = None
    language: str | None = None
    written: Callable[[str], str] = plain

    def __call__(self, paths: Sequence[Path], language: str) -> Iterator[PairExample]:
        """The rows of `paths` in their order."""
        rows = self._rows(paths, language)
        return distinct(rows) if self.id else (row for _, row in rows)

    def _rows(self, paths: Sequence[Path], language: str) -> Iterator[tuple[Record, PairExample]]:
        numbers = count()
        for record in self.records(paths):
            if self.language and record.text(self.language) != language:
                continue
            if self.label and self.dropped and record.value(self.label) in self.dropped:
                continue
            key = record.text(self.id) if self.id else str(next(numbers))
            first, second = (self.written(record.text(name)) for name in self.texts)
            yield record, PairExample(key, first, second, self._gold(record))

    def _gold(self, record: Record) -> str | None:
        return self.labels[record.one_of(self.label, tuple(self.labels))] if self.label else None
