"""Rows as people read them: the same ones in every language, each text by name and, where a task can, with a gloss."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from harness.catalog.languages import ENGLISH
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


class Line(NamedTuple):
    """One part of a row by its name; `gloss` has one word for each word of `text`, None where there is none."""

    name: str
    text: str
    gloss: str | None = None


class ShownRow(NamedTuple):
    """One row in one language."""

    id: str
    lines: tuple[Line, ...]


def matched_rows(
    task: Task, split: str, languages: Sequence[str], root: Path | None, count: int
) -> dict[str, tuple[ShownRow, ...]]:
    """The first `count` rows of English, or else of the first language, and those with their ids in the others.

    A language that has none of these ids gives its own first rows. Raises HarnessError for missing or malformed data.
    """
    found: dict[str, tuple[ShownRow, ...]] = {}
    ids: tuple[str, ...] = ()
    for language in sorted(languages, key=lambda name: name != ENGLISH):
        first = tuple(islice(task.source.rows(root, split, language), count))
        ids = ids or tuple(row.id for row in first)
        rows = first if tuple(row.id for row in first) == ids else _with_ids(task, split, language, root, ids)
        found[language] = tuple(ShownRow(row.id, tuple(_lines(task, language, row))) for row in rows or first)
    return {language: found[language] for language in languages}


def _with_ids(task: Task, split: str, language: str, root: Path | None, ids: Sequence[str]) -> tuple[Example, ...]:
    wanted = set(ids)
    known = {row.id: row for row in task.source.rows(root, split, language) if row.id in wanted}
    return tuple(known[key] for key in ids if key in known)


def _lines(task: Task, language: str, row: Example) -> Iterator[Line]:
    for name, text in _texts(row).items():
        spoken = ENGLISH if name == "query" else language  # a query's candidate is its translation from English
        if text:
            yield Line(name, text, task.gloss(spoken, text) if task.gloss else None)
    for name, answer in _gold(row).items():
        yield Line(name, answer if row.labelled else "(hidden)")


def _texts(row: Example) -> Mapping[str, str]:
    match row:
        case PairExample():
            return {"first": row.first, "second": row.second}
        case ChoiceExample():
            choices = {f"choice {index}": choice for index, choice in enumerate(row.choices)}
            return {"context": row.context, "question": row.question, **choices}
        case TaggedExample():
            return {"words": " ".join(row.words)}
        case SpanExample():
            return {"context": row.context, "question": row.question}
        case RetrievalExample():
            return {"query": row.query or "", "candidate": row.candidate or "", "context": row.context or ""}
        case TextExample():
            return {"text": row.text, "translation": row.translation or ""}


def _gold(row: Example) -> Mapping[str, str]:
    match row:
        case PairExample() | ChoiceExample():
            return {"label": str(row.label)}
        case TaggedExample():
            return {"tags": " ".join(row.tags or ())}
        case SpanExample():
            return {"answers": " | ".join(dict.fromkeys(text for text, _ in row.answers)) or "(none)"}
        case _:
            return {}
