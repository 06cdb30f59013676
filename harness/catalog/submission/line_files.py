"""Submission files of one answer a line: labels, indices, tags with blank lines between sentences, and mined pairs."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from harness.catalog.sources.lines import read_lines
from harness.catalog.submission.read import Read
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, RetrievalExample, TaggedExample

Answer = TypeVar("Answer")


def labels(predictions: Path, gold: Path) -> Read:
    """A label a line in both files; raises HarnessError for an empty line or another number of lines."""
    wanted, found = _both(gold, predictions, _label, "labels")
    return Read([PairExample(str(n), "", "", label) for n, label in enumerate(wanted)], _numbered(found))


def choices(predictions: Path, gold: Path) -> Read:
    """A JSON object a line with the number of the right choice as `label`; raises as `labels`."""
    wanted, found = _both(gold, predictions, _choice, "labels")
    return Read([ChoiceExample(str(n), "", "", (), label) for n, label in enumerate(wanted)], _numbered(found))


def indices(predictions: Path, gold: Path) -> Read:
    """The number of a candidate's line, from 0, a line in both files; raises as `labels`."""
    wanted, found = _both(gold, predictions, _index, "indices")
    rows = [RetrievalExample(str(n), "", None, (index,)) for n, index in enumerate(wanted)]
    return Read(rows, _numbered([[[index, 0.0]] for index in found]))


def tags(predictions: Path, gold: Path) -> Read:
    """A tag a line in both files; raises HarnessError where sentences differ in number or length."""
    wanted, found = _sentences(gold), _sentences(predictions)
    _check_length(found, wanted, predictions, gold, "sentences")
    for n, (own, other) in enumerate(zip(found, wanted, strict=True), start=1):
        _check_length(own, other, predictions, gold, f"tags in sentence {n}")
    return Read([TaggedExample(str(n), (), sentence) for n, sentence in enumerate(wanted)], _numbered(found))


def pairs(predictions: Path, gold: Path) -> Read:
    """Two ids with a tab between them a line in both files; raises HarnessError for anything else in a line."""
    mined = _lines(predictions, _pair) if predictions.stat().st_size else []  # nothing need be found
    answers = _gathered(_lines(gold, _pair))
    rows = [RetrievalExample(query, "", None, tuple(candidates)) for query, candidates in answers.items()]
    return Read(rows, {query: [[one, 0.0] for one in found] for query, found in _gathered(mined).items()})


def _both(
    gold: Path, predictions: Path, parse: Callable[[str], Answer], unit: str
) -> tuple[list[Answer], list[Answer]]:
    wanted, found = _lines(gold, parse), _lines(predictions, parse)
    _check_length(found, wanted, predictions, gold, unit)
    return wanted, found


def _check_length(found: Sequence[object], wanted: Sequence[object], predictions: Path, gold: Path, unit: str) -> None:
    if len(found) != len(wanted):
        raise HarnessError(f"{predictions}: {len(found)} {unit}, but {gold} has {len(wanted)}; expected as many")


def _lines(path: Path, parse: Callable[[str], Answer]) -> list[Answer]:
    """What `parse` makes of each line; it raises ValueError with what it expected."""
    parsed = []
    for number, line in enumerate(read_lines(path, "one answer a line"), start=1):
        try:
            parsed.append(parse(line.strip()))
        except ValueError as error:
            raise HarnessError(f"{path}, line {number}: expected {error}, found '{line[:60]}'") from error
    return parsed


def _sentences(path: Path) -> list[tuple[str, ...]]:
    """The tags between blank lines; two blank lines have an empty sentence between them, as XTREME reads them."""
    sentences: list[tuple[str, ...]] = []
    current: list[str] = []
    for line in map(str.strip, read_lines(path, "one tag a line")):
        if line:
            current.append(line)
        else:
            sentences.append(tuple(current))
            current = []
    return [*sentences, tuple(current)] if current else sentences


def _label(line: str) -> str:
    if not line:
        raise ValueError("a label")
    return line


def _index(line: str) -> str:
    if not line.isdecimal():
        raise ValueError("the number of a candidate's line, from 0")
    return line


def _choice(line: str) -> int:
    expected = 'a JSON object such as {"label": 0}'
    try:
        label = json.loads(line)["label"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(expected) from error
    if type(label) is not int:  # a bool is no number of a choice
        raise ValueError(expected)
    return label


def _pair(line: str) -> tuple[str, str]:
    ids = line.split("\t")
    if len(ids) != 2 or not all(ids):
        raise ValueError("two ids with a tab between them")
    return ids[0], ids[1]


def _numbered(found: Sequence[Answer]) -> dict[str, Answer]:
    return {str(number): answer for number, answer in enumerate(found)}


def _gathered(found: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    gathered: dict[str, list[str]] = defaultdict(list)
    for query, candidate in found:
        gathered[query].append(candidate)
    return gathered
