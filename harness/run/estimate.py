"""Compute of phases that have not been run: an estimate, with every text one window of full length."""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.catalog.memory import recall
from harness.files.atomic import write_json
from harness.plan.duration import total_steps
from harness.plan.flops import READING, Batch, Head, batch_cost
from harness.plan.layers import executed
from harness.plan.mixing import steps_of_tasks
from harness.spec.errors import HarnessError
from harness.spec.load import dump
from harness.spec.model import Architecture, TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, architecture, matched
from harness.spec.recipe import Window
from harness.spec.task import Data

Rows = Callable[[Data], int | None]

# Texts of a row that are encoded apart: a query and its candidate; the choices, from 2 (COPA) to 5 (CommonsenseQA).
_TEXTS = {"retrieval": 2, "choice": 4}
_AT_FIRST = ("pair", "choice", "retrieval")  # formats whose head reads the first token of a text alone


def counted(root: Path | None, runs: Path) -> Rows:
    """How many rows a set has: counted once where they are at hand, and remembered below `runs`; else as published."""
    file = runs / ".cache" / "rows.json"
    known: dict[str, int] = recall(file, "rows")

    @cache
    def rows(data: Data) -> int | None:
        if not data.at_hand:
            return _published(data)
        key = hashlib.sha256(json.dumps(dump(data), sort_keys=True).encode()).hexdigest()
        if key not in known:
            known[key] = sum(1 for _ in catalog_data.rows(data, root))
            write_json(file, {"rows": known})
        return known[key]

    return rows


def model_flops(phase: AnyPhase, rows: Rows) -> int | None:
    """About the model FLOPs of `phase`; None where the number of its rows is not known.

    Most texts are shorter than the window and take less; one that is cut to several windows takes more.
    """
    match phase:
        case TrainTokenizer():
            return 0
        case Train():
            return _training(phase, rows)
        case Evaluate():
            return _evaluation(phase, rows)


def _published(data: Data) -> int | None:
    """Rows of a set that is not at hand, as published; each row of a text set counts as one text."""
    if data.text:
        return _sum(_published(text) for text in data.text)
    task = find.task(data.task)
    known = (task.source.published(data.split, language) for language in data.languages)
    counts = [task.train_sizes.get(data.split) if count is None else count for count in known]
    return _sum(count if count is None else min(count, data.limit or count) for count in counts)


def _evaluation(phase: Evaluate, rows: Rows) -> int | None:
    """Every row of the data, and of the candidates that all languages share, whose own rows are queries then."""
    size = _sum([rows(phase.data), rows(phase.pool) if phase.pool else 0])
    texts = 1 if phase.pool else _TEXTS.get(phase.data.format, 1)
    each = _row_flops(executed(phase), phase.data, phase.window, texts, phase.head is not None)
    return None if size is None else size * each


def _training(phase: Train, rows: Rows) -> int | None:
    recipe = phase.recipe
    if recipe.duration.unit == "flops":
        return int(recipe.duration.amount)
    if recipe.duration.unit == "match":
        return _sum(_training(stage, rows) for stage in matched(phase))
    counts = [rows(data) for data in phase.data]
    sizes = [count for count in counts if count is not None]
    steps = total_steps(recipe, sizes)
    if all(count == 0 for count in counts):
        raise HarnessError(f"{' + '.join(data.name for data in phase.data)}: no rows to train on; its file holds none")
    if steps is None or (None in counts and recipe.duration.unit == "epochs"):
        return None
    each = [
        _row_flops(architecture(phase), data, recipe.window, _TEXTS.get(data.format, 1), masked=recipe.mask)
        for data in phase.data
    ]
    if None in counts:  # how many steps each task has is not known: as if the dearest had all of them
        return 3 * steps * recipe.batch_size * max(each)
    shares = steps_of_tasks(recipe, [data.name for data in phase.data], sizes)
    mixed = sum(share * flops for share, flops in zip(shares, each, strict=True))
    return 3 * steps * recipe.batch_size * mixed // sum(shares)


def _row_flops(
    model: Architecture, data: Data, window: Window, texts: int, headed: bool = True, masked: float = 1.0
) -> int:
    """FLOPs of one forward over a row: one window of full length a text, its head at work wherever it can be."""
    length, format_ = window.max_length, data.format
    classes = {"choice": 1, "span": 2, "retrieval": 0, "mlm": model.vocabulary}.get(format_, len(data.labels))
    everywhere = round(masked * length) if format_ == "mlm" else length
    positions = texts if format_ in _AT_FIRST else texts * everywhere
    batch = Batch(1, [length] * texts, length, data.task if headed else None, positions, positions)
    heads = {data.task: Head(format_, classes)} if headed else {}
    return batch_cost(model, heads, batch, READING).model


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum; unknown where one of them is."""
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)
