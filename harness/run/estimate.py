"""Compute of phases that have not been run: an estimate, with every text one window of full length."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.catalog.memory import recall
from harness.files.atomic import write_json
from harness.plan.duration import total_steps
from harness.plan.flops import FORWARD_AND_BACKWARD, Batch, Head, batch_cost
from harness.spec.load import dump
from harness.spec.model import Architecture, TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, architecture, matched
from harness.spec.recipe import Window
from harness.spec.task import Data

Rows = Callable[[Data], int | None]

# Texts of a row that are encoded apart: a query and its candidate; the choices, from 2 (COPA) to 5 (CommonsenseQA).
_TEXTS = {"retrieval": 2, "choice": 4}


def counted(root: Path | None, runs: Path) -> Rows:
    """How many rows a set has: counted once where they are at hand, and remembered below `runs`; else as published."""
    file = runs / ".cache" / "rows.json"
    known: dict[str, int] = recall(file, "rows")

    @cache
    def rows(data: Data) -> int | None:
        if not data.at_hand:
            return find.task(data.task).train_sizes.get(data.split)
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
            size = rows(phase.data)
            whole = architecture(phase)
            model = whole if phase.layer is None else replace(whole, layers=phase.layer)
            each = _row_flops(model, phase.data, phase.window)
            return None if size is None else size * each


def _training(phase: Train, rows: Rows) -> int | None:
    recipe = phase.recipe
    if recipe.duration.unit == "flops":
        return int(recipe.duration.amount)
    if recipe.duration.unit == "match":
        stages = [_training(stage, rows) for stage in matched(phase)]
        return None if None in stages else sum(stage or 0 for stage in stages)
    counts = [rows(data) for data in phase.data]
    steps = total_steps(recipe, [count for count in counts if count is not None])
    if steps is None or (None in counts and recipe.duration.unit == "epochs"):
        return None
    forward = max(_row_flops(architecture(phase), data, recipe.window) for data in phase.data)
    return FORWARD_AND_BACKWARD * steps * recipe.batch_size * forward


def _row_flops(model: Architecture, data: Data, window: Window) -> int:
    """FLOPs of one forward over a row: one window of full length a text, its head at work wherever it can be."""
    length, format_ = window.max_length, data.format
    labels = len(data.labels)
    classes = {"pair": labels, "choice": 1, "tagging": labels, "span": 2, "mlm": model.vocabulary}
    texts = _TEXTS.get(format_, 1)
    positions = texts if format_ in ("pair", "choice") else length
    batch = Batch(1, [length] * texts, length, data.task if format_ in classes else None, positions, positions)
    heads = {data.task: Head(format_, classes[format_])} if format_ in classes else {}
    return batch_cost(model, heads, batch, passes=1).model
