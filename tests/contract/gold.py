"""Gold rows of any task, from the files at hand or made up in its format, and the predictions that are all right."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness.catalog.data import dataset, present, rows
from harness.spec.example import (
    ChoiceExample,
    Example,
    PairExample,
    Prediction,
    RetrievalExample,
    SpanExample,
    TaggedExample,
)
from harness.spec.task import Task

FOLDER = Path(__file__).resolve().parents[2] / "../shared/data"
ROOT = FOLDER if FOLDER.is_dir() else None


def at_hand(task: Task) -> list[Example]:
    """Gold rows of one language of a task, of the split it is evaluated on if possible, with its pool if scored so.

    Empty where no file is at hand.
    """
    for split in dict.fromkeys((task.evaluate_on, "dev", "train")):
        for language in present(task.name, split, ROOT)[:1] if split in task.source.splits else ():
            found = [row for _, row in rows(dataset(task.name, split, (language,)), ROOT)]
            return [*found, *_pool(task)]
    return []


def _pool(task: Task) -> list[Example]:
    if task.pool is None or task.metric is None or not task.metric.reads_pool:
        return []
    languages = present(task.name, task.pool.split, ROOT)
    return [row for _, row in rows(dataset(task.name, task.pool.split, languages), ROOT)]


def made_up(task: Task) -> list[Example]:
    """A few rows with gold in the task's format and with its labels."""
    labels = task.labels or ("N", "S\\NP")
    match task.format:
        case "pair":
            return [PairExample(str(n), "A", "B", label) for n, label in enumerate(labels)]
        case "choice":
            return [ChoiceExample(str(n), "C", "Q", ("a", "b", "c"), n) for n in range(3)]
        case "tagging":
            return [TaggedExample(str(n), ("a", "b"), (label, label)) for n, label in enumerate(labels)]
        case "span":
            context = "One cat met two dogs near seven birds."
            words = context.rstrip(".").split()
            return [SpanExample(w, "Who?", context, ((w, context.index(w)),)) for w in words]
        case "retrieval" if task.metric and task.metric.name == "nearest":  # each row is a pair, as in its files
            return [RetrievalExample(f"q{n}", f"query {n}", f"candidate {n}", (f"q{n}",)) for n in range(9)]
        case "retrieval":
            asked = [RetrievalExample(f"q{n}", f"query {n}", None, (f"c{n}",)) for n in range(9)]
            return [*asked, *(RetrievalExample(f"c{n}", None, f"candidate {n}", ()) for n in range(12))]
        case "mlm":
            raise AssertionError("text has no gold")


def perfect(gold: Sequence[Example]) -> dict[str, Prediction]:
    """The predictions that are all right, by the ids of the rows."""
    named = defaultdict(list)  # in retrieval, of a query or a candidate: who says that they belong together
    for row in gold:
        for other in (row.answers or ()) if isinstance(row, RetrievalExample) else ():
            named[other].append(row.id)
    return {row.id: _right(row, named[row.id]) for row in gold}


def _right(row: Example, named: Sequence[str]) -> Prediction:
    match row:
        case PairExample() | ChoiceExample():
            return row.label
        case TaggedExample():
            return list(row.tags or ())
        case SpanExample():
            return row.answers[0][0] if row.answers else ""
        case RetrievalExample():
            return [[other, 1.0] for other in dict.fromkeys((*(row.answers or ()), *named))]
        case _:
            raise AssertionError("text has no gold")
