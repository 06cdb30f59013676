"""Rows for people: matched by id over languages, with glosses where the task has them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.catalog import find
from harness.catalog.examples import Line, matched_rows
from harness.spec.example import (
    ChoiceExample,
    Example,
    PairExample,
    RetrievalExample,
    SpanExample,
    TaggedExample,
    TextExample,
)
from harness.spec.task import Task

ROWS: dict[str, tuple[Example, ...]] = {
    "de": (PairExample("2", "zwei", "ja", "yes"), PairExample("1", "eins", "nein", None)),
    "en": (PairExample("1", "one", "no", "no"), PairExample("2", "two", "yes", "yes")),
    "fr": (PairExample("8", "huit", "oui", "yes"), PairExample("9", "neuf", "non", "no")),
}


@dataclass(frozen=True)
class Made:
    """Rows from a mapping."""

    by_language: dict[str, tuple[Example, ...]]

    def languages(self, root: Path | None, split: str) -> tuple[str, ...]:
        return tuple(sorted(self.by_language)) if split == "test" else ()

    def digest(self, root: Path | None, split: str, language: str) -> str | None:
        return None

    def rows(self, root: Path | None, split: str, language: str) -> Iterator[Example]:
        return iter(self.by_language[language])


def task(rows: dict[str, tuple[Example, ...]], gloss: bool = True) -> Task:
    made = replace(find.task("toy_polarity"), source=Made(rows), languages=tuple(rows), gloss=None)
    return replace(made, gloss=lambda language, text: f"{language}:{text.upper()}") if gloss else made


def test_every_language_shows_the_rows_of_english_and_else_its_own_first_ones() -> None:
    shown = matched_rows(task(ROWS), "test", ("de", "en", "fr"), None, 1)
    assert {language: [row.id for row in rows] for language, rows in shown.items()} == {
        "de": ["1"],
        "en": ["1"],
        "fr": ["8"],
    }
    both = matched_rows(task(ROWS), "test", ("de", "en"), None, 2)
    assert list(both) == ["de", "en"]
    assert [row.id for row in both["de"]] == [row.id for row in both["en"]] == ["1", "2"]


def test_texts_are_glossed_and_hidden_gold_is_not_made_up() -> None:
    (row,) = matched_rows(task(ROWS), "test", ("de", "en"), None, 1)["de"]
    assert row.lines == (Line("first", "eins", "de:EINS"), Line("second", "nein", "de:NEIN"), Line("label", "(hidden)"))
    (plain,) = matched_rows(task(ROWS, gloss=False), "test", ("de", "en"), None, 1)["de"]
    assert [line.gloss for line in plain.lines] == [None] * 3


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        (
            SpanExample("1", "wo ?", "da .", (("da", 0), ("da", 0))),
            [("context", "da .", "de:DA ."), ("question", "wo ?", "de:WO ?"), ("answers", "da", None)],
        ),
        (TaggedExample("1", ("da", "."), ("A", "P")), [("words", "da .", "de:DA ."), ("tags", "A P", None)]),
        (RetrievalExample("1", "there", "da", ("1",)), [("query", "there", "en:THERE"), ("candidate", "da", "de:DA")]),
        (
            ChoiceExample("1", "da", "", ("a", "b"), 1),
            [("context", "da", "de:DA"), ("choice 0", "a", "de:A"), ("choice 1", "b", "de:B"), ("label", "1", None)],
        ),
        (SpanExample("1", "wo ?", "da .", ()), [("answers", "(none)", None)]),
        (TextExample("1", "da"), [("text", "da", "de:DA")]),
        (TextExample("1", "da", "dort"), [("text", "da", "de:DA"), ("translation", "dort", "de:DORT")]),
    ],
)
def test_each_format_shows_what_a_model_reads_and_its_gold(row: Example, lines: list[tuple[str, str, str]]) -> None:
    (shown,) = matched_rows(task({"de": (row,)}), "test", ("de",), None, 1)["de"]
    assert [tuple(line) for line in shown.lines][-len(lines) :] == lines


def test_the_world_tells_the_same_rows_in_every_language() -> None:
    toy = find.task("toy_retrieval")
    shown = matched_rows(toy, "test", toy.languages, None, 2)
    assert {tuple(row.id for row in rows) for rows in shown.values()} == {("0", "1")}
    assert len({rows[0].lines[0].text for rows in shown.values()}) == 1  # the English query
    assert len({rows[0].lines[1].text for rows in shown.values()}) > 4
