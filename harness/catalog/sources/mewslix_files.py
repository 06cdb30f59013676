"""Readers of Mewsli-X: mentions in WikiNews as queries, entities as candidates, and pairs of both from Wikipedia."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.files.atomic import read_text
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
    other mentions.
    """
    labels = _labels(paths[1]) if len(paths) > 1 else None
    found = set()
    for where, record in _records(paths[0], MENTIONS):
        with _told(where, MENTIONS):
            if record["context"]["language"] != language:
                continue
            for mention in record["mentions"]:
                example = _mention(where, record["context"], mention)
                found.add(example.id)
                yield example if labels is None else example._replace(answers=labels.get(example.id, example.answers))
    unknown = set(labels or ()) - found
    if unknown:
        raise HarnessError(f"{paths[1]}: labels '{min(unknown)}', which is no mention of {paths[0]}")


def read_entities(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Entities in file order, line by line, as the sentences of their descriptions; raises HarnessError as above."""
    for where, record in _records(paths[0], ENTITIES):
        with _told(where, ENTITIES):
            yield RetrievalExample(record["entity_id"], None, _description(where, record), ())


def read_pairs(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Mentions with the descriptions of their entities, to train on; raises HarnessError as above."""
    for where, record in _records(paths[0], PAIRS):
        with _told(where, PAIRS):
            pair = record["contextual_mention"]
            example = _mention(where, pair["context"], pair["mention"])
            yield example._replace(candidate=_description(where, record["entity"]), answers=(example.id,))


def read_pair_mentions(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """The mentions of pairs, to be looked for among the candidates of the test; raises HarnessError as above."""
    for where, record in _records(paths[0], PAIRS):
        with _told(where, PAIRS):
            pair = record["contextual_mention"]
            yield _mention(where, pair["context"], pair["mention"])


def _mention(where: str, context: Any, mention: Any) -> RetrievalExample:
    text, (first, end) = context["text"], _span(mention["mention_span"])
    marked = mention["mention_span"]["text"]
    if not text:
        raise HarnessError(f"{where}: its text is empty; expected the files that get-mewsli-x.sh fills with WikiNews")
    if not 0 <= first < end or text[first:end] != marked:
        raise HarnessError(f"{where}: expected the mention '{marked}' at character {first}, found '{text[first:end]}'")
    for begin, stop in map(_span, context["sentence_spans"]):
        if begin <= first and end <= stop:
            query = _query(text[begin:first], marked, text[end:stop])
            entity = mention["entity_id"].strip()
            return RetrievalExample(mention["example_id"], query, None, (entity,) if entity else None)
    raise HarnessError(f"{where}: the mention '{marked}' lies in no sentence; expected it in one of the sentence_spans")


def _query(left: str, mention: str, right: str) -> str:
    """A mention in its sentence, written as XTREME's utils_mewslix.py does: itself, then itself in braces in place.

    It comes first so that it is never cut off; braces that were there become round.
    """
    before, after = (re.sub(r"\{(.*?)\}", r"(\1)", side) for side in (left, right))
    return _in_line(f"{mention}: {before} {{ {mention} }} {after}")


def _description(where: str, entity: Any) -> str:
    text = entity["description"]
    spans = list(map(_span, entity["sentence_spans"]))
    for first, end in spans:
        if not 0 <= first < end <= len(text):
            raise HarnessError(f"{where}: a sentence from {first} to {end} in a description of {len(text)} characters")
    return _in_line(" ".join(text[first:end] for first, end in spans))


def _in_line(text: str) -> str:
    """`text` in one line; runs of spaces are halved once, not removed, as XTREME does."""
    return " ".join(text.splitlines()).replace("  ", " ").strip()


def _span(given: Mapping[str, int]) -> tuple[int, int]:
    return given["start"], given["end"]


def _labels(path: Path) -> dict[str, tuple[str, ...] | None]:
    with _told(str(path), LABELS):
        given = json.loads(read_text(path, LABELS))
        return {key: (entity.strip(),) if entity.strip() else None for key, (entity,) in given.items()}


def _records(path: Path, expected: str) -> Iterator[tuple[str, Any]]:
    """Where each line lies, and the JSON on it; the file is never read as a whole."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                where = f"{path}, line {number}"
                with _told(where, expected):
                    yield where, json.loads(line)
    except UnicodeDecodeError as error:
        raise HarnessError(f"{path}, after line {number}: is not UTF-8 text; expected {expected}") from error
    if not number:
        raise HarnessError(f"{path}: is empty; expected {expected}")


@contextmanager
def _told(where: str, expected: str) -> Iterator[None]:
    """Malformed JSON or records as one sentence of where they lie and what was `expected`."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise HarnessError(f"{where}: not complete JSON ({error}); expected {expected}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise HarnessError(f"{where}: {error!r} while reading; expected {expected}") from error
