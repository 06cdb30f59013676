"""Readers of Mewsli-X: mentions in WikiNews as queries, entities as candidates, and pairs of both from Wikipedia."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.catalog.sources.json_text import load, member, parse, typed
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample

MENTIONS = (
    "Mewsli-X mentions: context > language, text, sentence_spans and mentions > example_id, mention_span, entity_id"
)
ENTITIES = "Mewsli-X entities: entity_id, description, sentence_spans"
PAIRS = "Mewsli-X pairs: contextual_mention > context, mention and entity > entity_id, description, sentence_spans"
LABELS = "labels as {example_id: [entity_id]}"


def read_mentions(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Mentions of one language in file order, from `wikinews_mentions-*.jsonl` or XTREME's part of it.

    XTREME blanks the entities of its test files, whose gold is then hidden unless a `.json` file of labels, which may
    come second, has it. Raises HarnessError for a malformed line, a mention that its text does not hold, or labels of
    other mentions or not of all.
    """
    labels = _labels(paths[1]) if len(paths) > 1 else None
    found = set()
    for where, record in _records(paths[0], MENTIONS):
        with _told(where):
            context, mentions = member(record, "context", dict), member(record, "mentions", list)
            if member(context, "language", str) != language:
                continue
        for number, mention in enumerate(mentions, start=1):
            with _told(f"{where}, mention {number}"):
                example = _mention(context, mention)
            found.add(example.id)
            if labels is not None and example.id not in labels:
                raise HarnessError(
                    f"{paths[1]}: no label of '{example.id}'; expected one of each mention of {paths[0]}"
                )
            yield example if labels is None else example._replace(answers=labels[example.id])
    unknown = set(labels or ()) - found
    if unknown:
        raise HarnessError(f"{paths[1]}: labels '{min(unknown)}', which is no mention of {paths[0]}")


def read_entities(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Entities in file order, line by line, as the sentences of their descriptions; raises HarnessError as above."""
    for where, record in _records(paths[0], ENTITIES):
        with _told(where):
            example = RetrievalExample(member(record, "entity_id", str), None, _description(record), ())
        yield example


def read_pairs(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Mentions with the descriptions of their entities, to train on; raises HarnessError as above."""
    for where, record in _records(paths[0], PAIRS):
        with _told(where):
            example, entity = _pair_mention(record), _description(member(record, "entity", dict))
        yield example._replace(candidate=entity, answers=(example.id,))


def read_pair_mentions(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """The mentions of pairs, to be looked for among the candidates of the test; raises HarnessError as above."""
    for where, record in _records(paths[0], PAIRS):
        with _told(where):
            example = _pair_mention(record)
        yield example


def _pair_mention(record: Any) -> RetrievalExample:
    pair = member(record, "contextual_mention", dict)
    return _mention(member(pair, "context", dict), member(pair, "mention", dict))


def _mention(context: dict[str, Any], mention: Any) -> RetrievalExample:
    key, entity = member(mention, "example_id", str), member(mention, "entity_id", str).strip()
    span = member(mention, "mention_span", dict)
    text, marked, (first, end) = member(context, "text", str), member(span, "text", str), _span(span)
    if not text:
        raise ValueError("its text is empty; expected the files that get-mewsli-x.sh fills with WikiNews")
    if not 0 <= first < end or text[first:end] != marked:
        raise ValueError(f"expected the mention '{marked}' at character {first}, found '{text[first:end]}'")
    for begin, stop in map(_span, member(context, "sentence_spans", list)):
        if begin <= first and end <= stop:
            query = _query(text[begin:first], marked, text[end:stop])
            return RetrievalExample(key, query, None, (entity,) if entity else None)
    raise ValueError(f"the mention '{marked}' lies in no sentence; expected it in one of the sentence_spans")


def _query(left: str, mention: str, right: str) -> str:
    """A mention in its sentence, written as XTREME's utils_mewslix.py does: itself, then itself in braces in place.

    It comes first so that it is never cut off; braces that were there become round.
    """
    before, after = (re.sub(r"\{(.*?)\}", r"(\1)", side) for side in (left, right))
    return _in_line(f"{mention}: {before} {{ {mention} }} {after}")


def _description(entity: dict[str, Any]) -> str:
    text = member(entity, "description", str)
    spans = list(map(_span, member(entity, "sentence_spans", list)))
    for first, end in spans:
        if not 0 <= first < end <= len(text):
            raise ValueError(f"a sentence from {first} to {end} in a description of {len(text)} characters")
    return _in_line(" ".join(text[first:end] for first, end in spans))


def _in_line(text: str) -> str:
    """`text` in one line; runs of spaces are halved once, not removed, as XTREME does."""
    return " ".join(text.splitlines()).replace("  ", " ").strip()


def _span(given: Any) -> tuple[int, int]:
    return member(given, "start", int), member(given, "end", int)


def _labels(path: Path) -> dict[str, tuple[str, ...] | None]:
    document = load(path, LABELS, distinct=True)
    found: dict[str, tuple[str, ...] | None] = {}
    with _told(str(path)):
        given = typed(document.value, "the file", dict)
    for key, entities in given.items():
        if not isinstance(entities, list) or len(entities) != 1 or not isinstance(entities[0], str):
            raise HarnessError(f"{document.place(key)}: '{key}' has no list of one entity; expected {LABELS}")
        entity = entities[0].strip()
        found[key] = (entity,) if entity else None
    return found


def _records(path: Path, expected: str) -> Iterator[tuple[str, Any]]:
    """Where each line lies, and the JSON on it; the file is never read as a whole."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                where = f"{path}, line {number}"
                yield where, parse(line, where, expected)
    except UnicodeDecodeError as error:
        raise HarnessError(f"{path}, after line {number}: is not UTF-8 text; expected {expected}") from error
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read ({error.strerror}); expected {expected}") from error
    if not number:
        raise HarnessError(f"{path}: is empty; expected {expected}")


@contextmanager
def _told(where: str) -> Iterator[None]:
    """What is wrong with a record as one sentence of where it lies."""
    try:
        yield
    except ValueError as error:
        raise HarnessError(f"{where}: {error}") from error
