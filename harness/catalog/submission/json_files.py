"""Submission files of one JSON object: answers to questions by their id, and ranked candidates by the query's id."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.catalog.submission.read import Read
from harness.files.atomic import read_text
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample, SpanExample

NO_ANSWER = "\ue000"  # a character of no script: it is in no gold answer, so that it is never right, not even in part


def answers(predictions: Path, gold: Path) -> Read:
    """SQuAD's JSON with gold answers, and answer texts by the question's id.

    Raises HarnessError for malformed files, ids that occur twice, and files that have no question in common.
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
            raise HarnessError(f"{gold}: '{row.id}' has no right candidate; its gold was removed and cannot be scored")
    return _filled([row.id for row in rows], rows, ranked, [], (predictions, gold))


def _filled(ids: list[str], rows: list[Any], found: Mapping[str, Any], wrong: Any, files: tuple[Path, Path]) -> Read:
    if rows and not any(key in found for key in ids):
        raise HarnessError(f"{files[0]}: answers nothing that {files[1]} asks; expected the ids that are there")
    absent = sum(key not in found for key in ids)
    return Read(rows, {key: found.get(key, wrong) for key in ids}, absent)


def _questions(path: Path) -> Iterator[SpanExample]:
    content = _json(path, "questions in SQuAD's JSON")
    seen: set[str] = set()
    try:
        for article in content["data"] if isinstance(content, dict) else content:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    texts = tuple((str(answer["text"]), 0) for answer in question["answers"])
                    yield SpanExample(_once(question["id"], seen, path), "", "", texts)
    except (KeyError, TypeError) as error:
        raise HarnessError(f"{path}: is not SQuAD's JSON ({error}); expected data, paragraphs, qas, answers") from error


def _once(key: str, seen: set[str], path: Path) -> str:
    if key in seen:
        raise HarnessError(f"{path}: the id '{key}' occurs twice; expected one question an id")
    seen.add(key)
    return key


def _lists(path: Path) -> Iterator[tuple[str, list[str]]]:
    for key, ids in _object(path, "lists of ids by the query's id").items():
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise HarnessError(f"{path}: '{key}' has no list of ids; expected lists of ids by the query's id")
        yield key, ids


def _object(path: Path, expected: str) -> dict[str, Any]:
    content = _json(path, expected)
    if not isinstance(content, dict):
        raise HarnessError(f"{path}: is no JSON object; expected {expected}")
    return content


def _json(path: Path, expected: str) -> Any:
    def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(members)
        if len(made) != len(members):
            keys = [key for key, _ in members]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise HarnessError(f"{path}: '{twice}' occurs twice; expected {expected}, each once")
        return made

    try:
        return json.loads(read_text(path, expected).removeprefix("\ufeff"), object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise HarnessError(f"{path}, line {error.lineno}: is not JSON ({error.msg}); expected {expected}") from error
