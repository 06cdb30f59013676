"""Reader of SQuAD JSON (v1.1 and v2.0), the format of XQuAD, MLQA and TyDiQA-GoldP as well."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.files.atomic import read_text
from harness.spec.errors import HarnessError
from harness.spec.example import SpanExample

EXPECTED = "SQuAD JSON: data > paragraphs > context and qas > id, question, answers > text, answer_start"
HIDDEN = ("", 0)  # XTREME strips gold to this; it does not mean unanswerable


def read(paths: Sequence[Path], language: str) -> Iterator[SpanExample]:
    """Questions in file order; raises HarnessError for malformed JSON or an answer that its context does not hold."""
    for path in paths:
        try:
            document = json.loads(read_text(path, EXPECTED).removeprefix("\ufeff"))
        except json.JSONDecodeError as error:
            raise HarnessError(f"{path}: not complete JSON ({error}); expected {EXPECTED}") from error
        try:
            yield from _questions(path, document)
        except (KeyError, TypeError, AttributeError) as error:
            raise HarnessError(f"{path}: {error!r} while reading; expected {EXPECTED}") from error


def _questions(path: Path, document: Any) -> Iterator[SpanExample]:
    for article in document["data"]:
        for paragraph in article["paragraphs"]:
            context = paragraph["context"]
            for question in paragraph["qas"]:
                where = f"{path}: question {question['id']}"
                yield SpanExample(question["id"], question["question"], context, _answers(where, context, question))


def _answers(where: str, context: str, question: Any) -> tuple[tuple[str, int], ...]:
    answers = tuple((answer["text"], answer["answer_start"]) for answer in question["answers"])
    impossible = question.get("is_impossible", False)
    if impossible != (not answers):
        raise HarnessError(
            f"{where}: has {len(answers)} answers and is_impossible is {json.dumps(impossible)}; "
            "expected answers, or none and is_impossible"
        )
    if HIDDEN in answers:
        return (HIDDEN,)
    for text, start in answers:
        if start < 0 or not text or not context.startswith(text, start):
            raise HarnessError(
                f"{where}: expected the answer '{text}' at character {start} of its context, "
                f"found '{context[max(0, start) :][: len(text)]}'"
            )
    return answers
