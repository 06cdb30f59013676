"""Reader of SQuAD JSON (v1.1 and v2.0), the format of XQuAD, MLQA and TyDiQA-GoldP as well."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from harness.files.atomic import read_text
from harness.spec.errors import HarnessError
from harness.spec.example import SpanExample

EXPECTED = "SQuAD JSON: data > paragraphs > context and qas > id, question, answers > text, answer_start"
HIDDEN = ("", 0)  # XTREME strips gold to this; it does not mean unanswerable


def read(paths: Sequence[Path], language: str) -> Iterator[SpanExample]:
    """Questions in file order.

    Raises HarnessError for malformed JSON, an id that occurs twice, or an answer that its context does not hold.
    """
    seen: set[str] = set()
    for path in paths:
        text = read_text(path, EXPECTED).removeprefix("\ufeff")
        for example in _questions(path, text):
            if example.id in seen:
                raise HarnessError(
                    f"{_where(path, text, example.id)}: the id occurs twice; expected one question an id"
                )
            seen.add(example.id)
            yield example


def read_numbered(paths: Sequence[Path], language: str) -> Iterator[SpanExample]:
    """Questions in file order, numbered from 0, for files whose ids are not unique; raises HarnessError."""
    numbers = count()
    for path in paths:
        for example in _questions(path, read_text(path, EXPECTED).removeprefix("\ufeff")):
            yield example._replace(id=str(next(numbers)))


def read_prefixed(paths: Sequence[Path], language: str, *, names: Mapping[str, str]) -> Iterator[SpanExample]:
    """Questions of one language in files of several, whose ids begin with a language's name; raises HarnessError."""
    for example in read(paths, language):
        if example.id.startswith(f"{names[language]}-"):
            yield example


def _questions(path: Path, text: str) -> Iterator[SpanExample]:
    if not text.strip():
        raise HarnessError(f"{path}: is empty; expected {EXPECTED}")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise HarnessError(f"{path}, line {error.lineno}: not complete JSON ({error}); expected {EXPECTED}") from error
    try:
        for article in document["data"]:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    yield _example(path, text, paragraph["context"], question)
    except (KeyError, TypeError, AttributeError) as error:
        raise HarnessError(f"{path}: {error!r} while reading; expected {EXPECTED}") from error


def _example(path: Path, text: str, context: str, question: Any) -> SpanExample:
    id_, asked = question["id"], question["question"]
    if not all(isinstance(value, str) for value in (id_, asked, context)):
        raise TypeError("id, question and context are not text")
    answers = tuple((answer["text"], answer["answer_start"]) for answer in question["answers"])
    wrong = _fault(context, answers, question.get("is_impossible", False))
    if wrong:
        raise HarnessError(f"{_where(path, text, id_)}: {wrong}")
    return SpanExample(id_, asked, context, (HIDDEN,) if HIDDEN in answers else answers)


def _fault(context: str, answers: Sequence[tuple[str, int]], impossible: bool) -> str | None:
    """What is wrong with the answers of a question."""
    if impossible != (not answers):
        return (
            f"has {len(answers)} answers and is_impossible is {json.dumps(impossible)}; "
            "expected answers, or none and is_impossible"
        )
    for text, start in () if HIDDEN in answers else answers:
        if start < 0 or not text or not context.startswith(text, start):
            found = context[max(0, start) :][: len(text)]
            return f"expected the answer '{text}' at character {start} of its context, found '{found}'"
    return None


def _where(path: Path, text: str, id_: str) -> str:
    """File, line and question: the last line that has the id in quotes, since JSON readers keep no lines."""
    place = max(text.rfind(json.dumps(id_, ensure_ascii=ascii_)) for ascii_ in (True, False))
    return f"{path}, line {text.count(chr(10), 0, max(0, place)) + 1}: question {id_}"
