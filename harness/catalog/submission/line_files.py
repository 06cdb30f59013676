"""Submission files of one answer a line: labels, indices, tags with blank lines between sentences, and mined pairs."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

from harness.catalog.sources.lines import read_lines
from harness.catalog.submission.read import Read
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, RetrievalExample, TaggedExample

Answer = TypeVar("Answer")


def labels(predictions: Path, gold: Path, *, known: Collection[str]) -> Read:
    """A label a line in both files; raises HarnessError for an empty line or another number of lines.

    So does a label of the gold that is not `known`. One in the predictions is wrong, as in the benchmark, and noted.
    """
    wanted, found = _both(gold, predictions, _label, known)
    rows = [PairExample(str(n), "", "", label) for n, label in enumerate(wanted)]
    return Read(rows, _numbered(found), _strange(predictions, found, known))


def choices(predictions: Path, gold: Path, *, known: Collection[int]) -> Read:
    """A JSON object a line with the number of the right choice as `label`; raises and notes as `labels`."""
    wanted, found = _both(gold, predictions, _choice, known)
    rows = [ChoiceExample(str(n), "", "", (), label) for n, label in enumerate(wanted)]
    return Read(rows, _numbered(found), _strange(predictions, found, known))


def indices(predictions: Path, gold: Path) -> Read:
    """The number of a candidate's line, from 0, a line in both files; raises as `labels`."""
    wanted, found = _both(gold, predictions, _index, ())
    rows = [RetrievalExample(str(n), "", None, (index,)) for n, index in enumerate(wanted)]
    return Read(rows, _numbered([[[index, 0.0]] for index in found]))


def tags(predictions: Path, gold: Path, *, known: Collection[str]) -> Read:
    """A tag a line in both files, a blank line between sentences; notes as `labels`.

    Raises HarnessError for a line of several words, a tag of the gold that is not `known`, and sentences that differ in
    number or length: XTREME's evaluate.py compares the number alone, and its seqeval joins all sentences to one
    sequence, in which one tag too many or too few makes nearly all after it wrong. Such a file is a mistake.
    """
    lines = ("", *known)  # a blank line ends a sentence
    answers = _lines(predictions, _tag)
    wanted, found = _sentences(_lines(gold, _among(_tag, lines))), _sentences(answers)
    _check_length(found, wanted, predictions, gold, "sentences")
    for n, (own, other) in enumerate(zip(found, wanted, strict=True), start=1):
        _check_length(own, other, predictions, gold, f"tags in sentence {n}")
    rows = [TaggedExample(str(n), (), sentence) for n, sentence in enumerate(wanted)]
    return Read(rows, _numbered(found), _strange(predictions, answers, lines))


def pairs(predictions: Path, gold: Path) -> Read:
    """Two ids with a tab between them a line in both files; raises HarnessError for anything else in a line.

    That is so for a blank line too, also at the end: the benchmark would count it as one more pair.
    """
    mined = _lines(predictions, _pair) if predictions.stat().st_size else []  # nothing need be found
    answers = _gathered(_lines(gold, _pair))
    rows = [RetrievalExample(query, "", None, tuple(candidates)) for query, candidates in answers.items()]
    return Read(rows, {query: [[one, 0.0] for one in found] for query, found in _gathered(mined).items()})


def _both(
    gold: Path, predictions: Path, parse: Callable[[str], Answer], known: Collection[Answer]
) -> tuple[list[Answer], list[Answer]]:
    wanted, found = _lines(gold, _among(parse, known)), _lines(predictions, parse)
    _check_length(found, wanted, predictions, gold, "lines")
    return wanted, found


def _among(parse: Callable[[str], Answer], known: Collection[Answer]) -> Callable[[str], Answer]:
    """`parse`, which then raises for an answer that is not `known` too, unless nothing is."""

    def parsed(line: str) -> Answer:
        answer = parse(line)
        if known and answer not in known:
            raise ValueError(f"one of {', '.join(str(one) for one in known if one != '')}")
        return answer

    return parsed


def _strange(path: Path, found: Sequence[Answer], known: Collection[Answer]) -> tuple[str, ...]:
    """A note on predictions that are no answer of the task; `found` has one a line."""
    strange = [(number, answer) for number, answer in enumerate(found, start=1) if answer not in known]
    if not strange:
        return ()
    number, answer = strange[0]
    others = f" ({len(strange)} such lines)" if len(strange) > 1 else ""
    told = f"'{str(answer)[:60]}' is no label of the task{others}; it is scored as it stands, as the benchmark does"
    return (f"{path}, line {number}: {told}",)


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


def _sentences(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """The tags between blank lines; two blank lines have an empty sentence between them, as XTREME reads them."""
    sentences: list[tuple[str, ...]] = []
    current: list[str] = []
    for line in lines:
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


def _tag(line: str) -> str:
    if len(line.split()) > 1:
        raise ValueError("one tag a line, without its word")
    return line


def _index(line: str) -> str:
    if not line.isdecimal():
        raise ValueError("the number of a candidate's line, from 0")
    return line


def _choice(line: str) -> int:
    expected = 'a JSON object such as {"label": 0}'
    try:
        label = json.loads(line)["label"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(expected) from error
    if type(label) is not int:  # a bool is no number of a choice
        raise ValueError(expected)
    return label


def _pair(line: str) -> tuple[str, str]:
    if not line:
        raise ValueError("two ids with a tab between them, and no blank line, which the benchmark counts as a pair")
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
