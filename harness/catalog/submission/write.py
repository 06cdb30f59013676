"""Texts of submission files: predictions as a finished evaluation stores them, or gold, in the benchmark's layout."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.catalog.gold import shown
from harness.spec.example import (
    ChoiceExample,
    Example,
    PairExample,
    Prediction,
    RetrievalExample,
    SpanExample,
    TaggedExample,
)

MOST = 20  # candidates of a query that count
Predictions = Mapping[str, Prediction]


def labels(rows: Sequence[PairExample], predictions: Predictions) -> str:
    """A label a line."""
    return "".join(f"{predictions[row.id]}\n" for row in rows)


def choices(rows: Sequence[ChoiceExample], predictions: Predictions) -> str:
    """The number of a choice as JSON a line."""
    return "".join(json.dumps({"label": predictions[row.id]}) + "\n" for row in rows)


def tags(rows: Sequence[TaggedExample], predictions: Predictions) -> str:
    """A tag a line, a blank line between sentences."""
    return "\n".join("".join(f"{tag}\n" for tag in predictions[row.id]) for row in rows)


def answers(rows: Sequence[SpanExample], predictions: Predictions) -> str:
    """Answer texts by the question's id."""
    return _json({row.id: predictions[row.id] for row in rows})


def indices(rows: Sequence[RetrievalExample], predictions: Predictions) -> str:
    """For each English sentence, in alphabetical order, the number of the line that answers it.

    XTREME sorts the English file (utils_preprocess.py: stripped lines, by code point) and leaves the other as it is, in
    whose numbering candidates have their ids.
    """
    return "".join(f"{predictions[row.id][0][0]}\n" for row in sorted(rows, key=lambda row: str(row.query).strip()))


def rankings(rows: Sequence[RetrievalExample], predictions: Predictions) -> str:
    """Ids of candidates by the query's id, best first."""
    return _json({row.id: [candidate for candidate, _ in predictions[row.id][:MOST]] for row in rows})


def pairs(rows: Sequence[RetrievalExample], predictions: Predictions) -> str:
    """Query and candidate of each mined pair with a tab between them; queries without one are not named."""
    found = [(row.id, candidate) for row in rows for candidate, _ in predictions.get(row.id, ())]
    return "".join(f"{query}\t{candidate}\n" for query, candidate in found)


def questions(rows: Sequence[SpanExample]) -> str:
    """Gold answers in SQuAD's JSON, one paragraph a question, as XTREME has it."""
    return _json({"version": "1.1", "data": [{"paragraphs": [_paragraph(row)]} for row in rows]})


def gold(rows: Sequence[Example]) -> dict[str, Prediction]:
    """The gold of rows in the form of predictions; raises HarnessError where it is hidden."""
    return {row.id: _gold(row) for row in rows}


def _gold(row: Any) -> Prediction:
    match row:
        case TaggedExample():
            return shown(row.tags, row)
        case RetrievalExample():
            return [[answer, 0.0] for answer in shown(row.answers, row)]
        case _:
            return shown(row.label, row)


def _paragraph(row: SpanExample) -> dict[str, Any]:
    found = shown(row.answers if row.labelled else None, row)
    told = [{"text": text, "answer_start": start} for text, start in found]
    return {"context": row.context, "qas": [{"id": row.id, "question": row.question, "answers": told}]}


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"
