"""Submission files of one JSON object: answers to questions by their id, and ranked candidates by the query's id."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.catalog.sources.json_text import Document, load, member
from harness.catalog.sources.squad_json import paragraphs, told
from harness.catalog.submission.read import Read
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample, SpanExample

EXPECTED = "SQuAD JSON: data > paragraphs > qas > id, answers > text"
REMOVED = "its gold was removed and cannot be scored"
NO_ANSWER = "\ue000"  # a character of no script: it is in no gold answer, so that it is never right, not even in part


def answers(predictions: Path, gold: Path) -> Read:
    """SQuAD's JSON with gold answers, and answer texts by the question's id.

    Raises HarnessError for malformed files, ids that occur twice, questions without a right answer, of which XTREME has
    none, and files that have no question in common.
    """
    found = _object(predictions, "answer texts by the question's id")
    for key, text in found.items():
        if not isinstance(text, str):
            raise HarnessError(f"{predictions}: '{key}' has no text as its answer; expected answer texts by id")
    rows = list(_questions(gold))
    return _filled([row.id for row in rows], rows, found, NO_ANSWER, (predictions, gold))


def rankings(predictions: Path, gold: Path) -> Read:
    """Ids of right candidates, and of ranked ones, best first, by the query's id; raises HarnessError as `answers`."""
    ranked = {key: [[candidate, 0.0] for candidate in ids] for key, ids in _lists(predictions)}
    rows = [RetrievalExample(key, "", None, tuple(candidate.strip() for candidate in ids)) for key, ids in _lists(gold)]
    for row in rows:
        if not row.answers:
            raise HarnessError(f"{gold}: '{row.id}' has no right candidate; {REMOVED}")
    return _filled([row.id for row in rows], rows, ranked, [], (predictions, gold))


def _filled(ids: list[str], rows: list[Any], found: Mapping[str, Any], wrong: Any, files: tuple[Path, Path]) -> Read:
    if rows and not any(key in found for key in ids):
        raise HarnessError(f"{files[0]}: answers nothing that {files[1]} asks; expected the ids that are there")
    absent = sum(key not in found for key in ids)
    note = f"{files[0]}: {absent} of {len(rows)} predictions are absent; the benchmark counts them as wrong"
    return Read(rows, {key: found.get(key, wrong) for key in ids}, (note,) if absent else ())


def _questions(path: Path) -> Iterator[SpanExample]:
    document = load(path, EXPECTED, distinct=True)
    if isinstance(document.value, list):  # the benchmark takes the articles alone, too
        document = document._replace(value={"data": document.value})
    seen: set[str] = set()
    for where, paragraph in paragraphs(document):
        try:
            questions = member(paragraph, "qas", list)
        except ValueError as error:
            raise HarnessError(f"{where}: {error}") from error
        for number, question in enumerate(questions, start=1):
            try:
                yield _question(question, seen)
            except ValueError as error:
                raise HarnessError(f"{told(document, question, where, number)}: {error}") from error


def _question(question: Any, seen: set[str]) -> SpanExample:
    key = member(question, "id", str)
    if key in seen:
        raise ValueError("the id occurs twice; expected one question an id")
    seen.add(key)
    texts = tuple((member(answer, "text", str), 0) for answer in member(question, "answers", list))
    if not texts:
        raise ValueError(f"has no right answer; {REMOVED}")
    return SpanExample(key, "", "", texts)


def _lists(path: Path) -> Iterator[tuple[str, list[str]]]:
    for key, ids in _object(path, "lists of ids by the query's id").items():
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise HarnessError(f"{path}: '{key}' has no list of ids; expected lists of ids by the query's id")
        yield key, ids


def _object(path: Path, expected: str) -> dict[str, Any]:
    document: Document = load(path, expected, distinct=True)
    if not isinstance(document.value, dict):
        raise HarnessError(f"{path}: is no JSON object; expected {expected}")
    return document.value
