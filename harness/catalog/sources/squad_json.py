"""Reader of SQuAD JSON (v1.1 and v2.0), the format of XQuAD, MLQA and TyDiQA-GoldP as well."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from harness.catalog.sources.json_text import Document, load, member, shown, typed
from harness.spec.errors import HarnessError
from harness.spec.example import SpanExample

EXPECTED = "SQuAD JSON: data > paragraphs > context and qas > id, question, answers > text, answer_start"
HIDDEN = ("", 0)  # XTREME strips gold to this; it does not mean unanswerable

Answer = tuple[str, int]  # its text, and the character of the context that it begins at


def read(paths: Sequence[Path], language: str) -> Iterator[SpanExample]:
    """Questions in file order.

    Raises HarnessError for malformed JSON, an id that occurs twice, or an answer that its context does not hold.
    """
    seen: set[str] = set()
    for path in paths:
        document = load(path, EXPECTED)
        for example in _questions(document):
            if example.id in seen:
                where = f"{document.place(example.id)}: question {example.id}"
                raise HarnessError(f"{where}: the id occurs twice; expected one question an id")
            seen.add(example.id)
            yield example


def read_numbered(paths: Sequence[Path], language: str) -> Iterator[SpanExample]:
    """Questions in file order, numbered from 0, for files whose ids are not unique; raises HarnessError."""
    numbers = count()
    for path in paths:
        for example in _questions(load(path, EXPECTED)):
            yield example._replace(id=str(next(numbers)))


def read_prefixed(paths: Sequence[Path], language: str, *, names: Mapping[str, str]) -> Iterator[SpanExample]:
    """Questions of one language in files of several, whose ids begin with a language's name; raises HarnessError."""
    for example in read(paths, language):
        if example.id.startswith(f"{names[language]}-"):
            yield example


def paragraphs(document: Document) -> Iterator[tuple[str, Any]]:
    """Where each paragraph lies, as file, article and paragraph from 1, and what it holds.

    Raises HarnessError for a document that is not made of articles and paragraphs.
    """
    where = str(document.path)
    try:
        for number, article in enumerate(member(document.value, "data", list), start=1):
            where = f"{document.path}, article {number}"
            for place, paragraph in enumerate(member(article, "paragraphs", list), start=1):
                yield f"{where}, paragraph {place}", paragraph
    except ValueError as error:
        raise HarnessError(f"{where}: {error}") from error


def told(document: Document, question: Any, place: str, number: int) -> str:
    """Where question `number` of the paragraph at `place` lies: its line and id where it has one."""
    id_ = question.get("id") if isinstance(question, dict) else None
    if isinstance(id_, str):
        return f"{document.place(id_)}: question {id_}"
    return f"{place}, question {number}"


def first_fault(context: str, answers: Sequence[Answer]) -> str | None:
    """Says which answer does not begin where it should in its context."""
    for text, start in answers:
        if start < 0 or not text or not context.startswith(text, start):
            found = context[max(0, start) :][: len(text)]
            return f"expected the answer '{text}' at character {start} of its context, found '{found}'"
    return None


def answers_of(question: Any) -> tuple[Answer, ...]:
    """The answers of a question; raises ValueError for a field that is missing or of another type."""
    given = member(question, "answers", list)
    return tuple((member(answer, "text", str), member(answer, "answer_start", int)) for answer in given)


def _questions(document: Document) -> Iterator[SpanExample]:
    for where, paragraph in paragraphs(document):
        try:
            context, questions = member(paragraph, "context", str), member(paragraph, "qas", list)
        except ValueError as error:
            raise HarnessError(f"{where}: {error}") from error
        for number, question in enumerate(questions, start=1):
            try:
                yield _example(context, question)
            except ValueError as error:
                raise HarnessError(f"{told(document, question, where, number)}: {error}") from error


def _example(context: str, question: Any) -> SpanExample:
    id_, asked = member(question, "id", str), member(question, "question", str)
    answers = answers_of(question)
    impossible = typed(question.get("is_impossible", False), "'is_impossible'", bool)
    if impossible != (not answers):
        raise ValueError(
            f"has {len(answers)} answers and is_impossible is {shown(impossible)}; "
            "expected answers, or none and is_impossible"
        )
    if HIDDEN in answers:
        return SpanExample(id_, asked, context, (HIDDEN,))
    if wrong := first_fault(context, answers):
        raise ValueError(wrong)
    return SpanExample(id_, asked, context, answers)
