"""Readers of XQuAD-R, LAReQA's SQuAD JSON with sentence breaks: its questions, its candidates, and rows to train on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from harness.catalog.sources import squad_json
from harness.catalog.sources.sentences import sentence_spans
from harness.files.atomic import read_text
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample

EXPECTED = (
    "XQuAD-R JSON: data > paragraphs > context, sentence_breaks and qas > id, question, answers > text, answer_start"
)


class _Paragraph(NamedTuple):
    """A paragraph, the sentences in it, and its questions by their ids with the sentence that answers each."""

    context: str
    sentences: tuple[str, ...]
    questions: Mapping[str, str]
    answers: Mapping[str, str]


def read_questions(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Questions in file order with ids `{language}:{question id}`; the candidates tell which of them they answer.

    Raises HarnessError for malformed JSON, an answer that its context does not hold, or one outside of all sentences.
    """
    for path in paths:
        for paragraph in _paragraphs(path):
            for key, question in paragraph.questions.items():
                yield RetrievalExample(f"{language}:{key}", question, None, ())


def read_candidates(paths: Sequence[Path], language: str, *, languages: tuple[str, ...]) -> Iterator[RetrievalExample]:
    """Every sentence of every paragraph that has questions, with ids `{language}:{paragraph, from 1}:{sentence}`.

    A candidate answers a question in all `languages`. Sentences are compared by their texts as XTREME compares them,
    so that one that occurs twice in its paragraph answers twice. Raises HarnessError as `read_questions`.
    """
    number = 0
    for path in paths:
        for paragraph in _paragraphs(path):
            number += 1
            for position, sentence in enumerate(paragraph.sentences if paragraph.questions else ()):
                answered = [key for key, answer in paragraph.answers.items() if answer == sentence]
                asked = tuple(f"{code}:{key}" for key in answered for code in languages)
                yield RetrievalExample(f"{language}:{number}:{position}", None, sentence, asked, paragraph.context)


def read_training(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """SQuAD's questions with the sentence that holds their first answer, and its paragraph as context.

    An answer that begins in no sentence leaves its question out. Raises HarnessError as the reader of SQuAD does.
    """
    for row in squad_json.read(paths, language):
        start = row.answers[0][1]
        for first, end in _spans(row.context):
            if first <= start < end:
                yield RetrievalExample(row.id, row.question, row.context[first:end], (row.id,), row.context)
                break


@lru_cache(maxsize=1)  # the questions of a paragraph follow each other
def _spans(context: str) -> tuple[tuple[int, int], ...]:
    return tuple(sentence_spans(context))


def _paragraphs(path: Path) -> Iterator[_Paragraph]:
    try:
        document = json.loads(read_text(path, EXPECTED).removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise HarnessError(f"{path}: not complete JSON ({error}); expected {EXPECTED}") from error
    try:
        for article in document["data"]:
            for paragraph in article["paragraphs"]:
                yield _paragraph(path, paragraph)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise HarnessError(f"{path}: {error!r} while reading; expected {EXPECTED}") from error


def _paragraph(path: Path, paragraph: Any) -> _Paragraph:
    context, breaks = paragraph["context"], [(first, end) for first, end in paragraph["sentence_breaks"]]
    questions = {question["id"]: question["question"] for question in paragraph["qas"]}
    answers = {question["id"]: _sentence(path, context, breaks, question) for question in paragraph["qas"]}
    if len(questions) != len(paragraph["qas"]):
        raise HarnessError(f"{path}: paragraph '{context[:40]}' has a question id twice; expected one question an id")
    return _Paragraph(context, tuple(context[first:end] for first, end in breaks), questions, answers)


def _sentence(path: Path, context: str, breaks: Sequence[tuple[int, int]], question: Any) -> str:
    """The sentence that the answer begins in."""
    (answer,) = question["answers"]
    text, start = answer["text"], answer["answer_start"]
    where = f"{path}: question {question['id']}"
    if start < 0 or not text or not context.startswith(text, start):
        found = context[max(0, start) :][: len(text)]
        raise HarnessError(
            f"{where}: expected the answer '{text}' at character {start} of its context, found '{found}'"
        )
    for first, end in breaks:
        if first <= start < end:
            return str(context[first:end])
    raise HarnessError(f"{where}: its answer begins at character {start}; expected that in one of the sentence_breaks")
