"""Rows by content: sets of a task are named, pinned to the bytes behind them, and read only while those still hold."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from harness.catalog import find
from harness.catalog.keys import key, words
from harness.catalog.memory import remembered_digests
from harness.catalog.shuffle import shuffled
from harness.spec.errors import HarnessError
from harness.spec.example import (
    ChoiceExample,
    Example,
    PairExample,
    RetrievalExample,
    SpanExample,
    TaggedExample,
    TextExample,
)
from harness.spec.task import Data, Part, Task


def dataset(task_name: str, split: str, languages: tuple[str, ...], **options: Any) -> Data:
    """Rows of a split of a catalogue task, not yet pinned; `options` are further fields of Data.

    Raises HarnessError for an unknown task.
    """
    task = find.task(task_name)
    parts = tuple(Part(language) for language in languages)
    given = {"unanswerable": True, **options} if task.unanswerable else options
    return Data(task.name, task.version, task.format, split, parts, task.labels, **given)


def present(task_name: str, split: str, root: Path | None) -> tuple[str, ...]:
    """Languages of a task whose rows are at hand below `root`, sorted."""
    return find.task(task_name).source.languages(root, split)


def pin(data: Data, root: Path | None, cache: Path | None = None) -> Data:
    """`data` with the digest of every part that is at hand, its text included; others keep None.

    `cache` is a JSON file that keeps digests of unchanged files for the next command.
    """
    with remembered_digests(cache):
        return _pinned(data, root)


def rows(data: Data, root: Path | None) -> Iterator[tuple[str, Example]]:
    """Examples with their language: parts in order, rows as published, then the texts of `data.text`.

    Held-out rows are left out, then each language is cut to `limit`, then its labels are shuffled if asked.
    Raises HarnessError for rows that are missing, malformed, or other than those that were pinned.
    """
    for language, examples in _by_language(data, root):
        kept = list(islice(_free(examples, data.held_out), data.limit))
        for example in shuffled(data.format, kept) if data.shuffled_labels else kept:
            yield language, example


def texts(example: Example) -> tuple[str, ...]:
    """What a model reads of an example; answers are no texts of their own.

    A question and its choices are one text: a choice may be a single word, and one question stands on many contexts.
    """
    match example:
        case PairExample():
            return (example.first, example.second)
        case ChoiceExample():
            return (example.context, " ".join(filter(None, (example.question, *example.choices))))
        case TaggedExample():
            return (" ".join(example.words),)
        case SpanExample():
            return (example.context, example.question)
        case RetrievalExample():
            return tuple(filter(None, (example.query, example.candidate, example.context)))
        case TextExample():
            return (example.text, *((example.translation,) if example.translation else ()))


def words_by_language(data: Data, root: Path | None) -> dict[str, int]:
    """Words of the texts that `rows` gives in each language, as `catalog.keys.words` tells them apart.

    In Chinese, Japanese, Thai, Lao and Burmese, which are written without spaces, a letter counts as a word. Both
    sides of a translation count for its language, English words among them too.
    """
    counted: Counter[str] = Counter()
    for language, example in rows(data, root):
        counted[language] += sum(len(words(text)) for text in texts(example))
    return dict(counted)


def _pinned(data: Data, root: Path | None) -> Data:
    source = find.task(data.task).source
    parts = (Part(part.language, source.digest(root, data.split, part.language)) for part in data.parts)
    labels = data.labels or _read_labels(data, root)
    text = tuple(_pinned(part, root) for part in data.text)
    return dataclasses.replace(data, parts=tuple(parts), labels=labels, text=text)


def _read_labels(data: Data, root: Path | None) -> tuple[str, ...]:
    read = find.task(data.task).read_labels
    return read(root) if read else ()


def _by_language(data: Data, root: Path | None) -> Iterator[tuple[str, Iterator[Example]]]:
    task = _planned(data)
    for part in data.parts:
        _check_content(task, data, part, root)
        yield part.language, task.source.rows(root, data.split, part.language)
    for language in dict.fromkeys(language for text in data.text for language in text.languages):
        yield language, _unlabelled(data.text, language, root)


def _planned(data: Data) -> Task:
    task = find.task(data.task)
    if task.version != data.version:
        raise HarnessError(
            f"{data.task}: planned with version {data.version} of the task, but the catalogue has {task.version}; "
            "plan again"
        )
    return task


def _check_content(task: Task, data: Data, part: Part, root: Path | None) -> None:
    if part.digest and task.source.digest(root, data.split, part.language) not in (part.digest, None):
        raise HarnessError(
            f"{data.task}, {data.split}, {part.language}: the file changed since the plan was made; "
            "plan again, or put the old file back"
        )


def _free(examples: Iterable[Example], held_out: tuple[str, ...]) -> Iterator[Example]:
    taken = frozenset(held_out)
    return (example for example in examples if not taken or taken.isdisjoint(map(key, texts(example))))


def _unlabelled(sets: tuple[Data, ...], language: str, root: Path | None) -> Iterator[TextExample]:
    """Each text of a language once, with an id that does not depend on what else is read."""
    seen: set[tuple[str, str | None]] = set()
    for data in sets:
        own = dataclasses.replace(data, parts=tuple(part for part in data.parts if part.language == language))
        for _, example in rows(own, root):
            for number, (text, translation) in enumerate(_as_text(example)):
                if (text, translation) not in seen:
                    seen.add((text, translation))
                    yield TextExample(f"{data.task}/{data.split}/{example.id}/{number}", text, translation)


def _as_text(example: Example) -> tuple[tuple[str, str | None], ...]:
    """Every text of an example by itself, but a translation with what it translates."""
    if isinstance(example, TextExample):
        return ((example.text, example.translation),)
    return tuple((text, None) for text in texts(example))
