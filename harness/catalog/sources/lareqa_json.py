"""Readers of XQuAD-R, LAReQA's SQuAD JSON with sentence breaks: its questions, its candidates, and rows to train on."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from harness.catalog.sources import squad_json
from harness.catalog.sources.json_text import load, member, typed
from harness.catalog.sources.sentences import sentence_spans
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample

EXPECTED = (
    "XQuAD-R JSON: data > paragraphs > context, sentence_breaks and qas > id, question, answers > text, answer_start"
)


class _Paragraph(NamedTuple):
    """A paragraph, the sentences in it, and its questions by their ids with the sentence that answers each."""

    context: str
    sentences: tuple[str, ...]
    questions: dict[str, str]
    answers: dict[str, str]


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
    document = load(path, EXPECTED)
    seen: set[str] = set()
    for where, paragraph in squad_json.paragraphs(document):
        try:
            context, asked = member(paragraph, "context", str), member(paragraph, "qas", list)
            breaks = [_span(given, len(context)) for given in member(paragraph, "sentence_breaks", list)]
        except ValueError as error:
            raise HarnessError(f"{where}: {error}") from error
        found = _Paragraph(context, tuple(context[first:end] for first, end in breaks), {}, {})
        for number, question in enumerate(asked, start=1):
            try:
                key = _unseen(member(question, "id", str), seen)
                found.questions[key] = member(question, "question", str)
                found.answers[key] = _sentence(context, breaks, question)
            except ValueError as error:
                raise HarnessError(f"{squad_json.told(document, question, where, number)}: {error}") from error
        yield found


def _span(given: Any, length: int) -> tuple[int, int]:
    ends = [typed(end, "an end of a sentence", int) for end in typed(given, "a sentence", list)]
    if len(ends) != 2 or not 0 <= ends[0] < ends[1] <= length:
        raise ValueError(f"sentence_breaks has {ends}; expected [first, end] within the {length} characters of context")
    return ends[0], ends[1]


def _unseen(key: str, seen: set[str]) -> str:
    if key in seen:
        raise ValueError("the question id occurs twice; expected one question an id")
    seen.add(key)
    return key


def _sentence(context: str, breaks: Sequence[tuple[int, int]], question: Any) -> str:
    """The sentence that the answer begins in."""
    answers = squad_json.answers_of(question)
    if len(answers) != 1:
        raise ValueError(f"has {len(answers)} answers; expected one")
    if wrong := squad_json.first_fault(context, answers):
        raise ValueError(wrong)
    ((_, start),) = answers
    for first, end in breaks:
        if first <= start < end:
            return context[first:end]
    raise ValueError(f"its answer begins at character {start}; expected that in one of the sentence_breaks")
