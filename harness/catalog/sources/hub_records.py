"""Readers of tagged sentences, questions and translations from the records that the hub's data sets have."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.catalog.sources import parquet
from harness.catalog.sources.records import Record, Records, distinct
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample, SpanExample, TaggedExample

ENGLISH = "eng"


def read_tagged(
    paths: Sequence[Path], language: str, *, records: Records, words: str = "tokens", tags: str
) -> Iterator[TaggedExample]:
    """Sentences in file order, numbered from 0, their words and tags from two columns; raises HarnessError."""
    for number, record in enumerate(records(paths)):
        found, gold = tuple(record.value(words)), tuple(record.value(tags))
        if len(found) != len(gold) or not found or "" in gold:
            raise HarnessError(f"{record.where}: {len(found)} words and {len(gold)} tags; expected a tag for each word")
        yield TaggedExample(str(number), found, gold)


def read_spans(
    paths: Sequence[Path], language: str, *, spoken: Mapping[str, str] | None = None
) -> Iterator[SpanExample]:
    """Questions in file order; with `spoken`, the languages' names, those alone whose ids begin with the language's.

    Raises HarnessError, naming the row, for an id that occurs twice or an answer that its context does not hold.
    """
    start = f"{spoken[language]}-" if spoken else ""
    records = parquet.read(paths, columns=("id", "question", "context", "answers"))
    return distinct((record, _question(record)) for record in records if record.text("id").startswith(start))


def read_translations(paths: Sequence[Path], language: str, *, records: Records) -> Iterator[RetrievalExample]:
    """Translations into English, numbered from 0: the English side asks, and the other answers; raises HarnessError.

    Sentences of google/xtreme end with the line end of the file that they were read from.
    """
    for number, record in enumerate(records(paths)):
        if record.value("target_lang") != ENGLISH:
            raise HarnessError(f"{record.where}: translates to {record.value('target_lang')!r:.20}; expected English")
        candidate, query = (record.text(name).rstrip("\r\n") for name in ("source_sentence", "target_sentence"))
        yield RetrievalExample(str(number), query, candidate, (str(number),))


def _question(record: Record) -> SpanExample:
    context, answers = record.text("context"), record.value("answers")
    found = tuple(zip(answers["text"], answers["answer_start"], strict=True))
    for text, start in found:
        if start < 0 or not text or not context.startswith(text, start):
            raise HarnessError(
                f"{record.where}: question {record.text('id')}: expected the answer '{text}' at character {start} of "
                f"its context, found '{context[max(0, start) :][: len(text)]}'"
            )
    return SpanExample(record.text("id"), record.text("question"), context, found)
