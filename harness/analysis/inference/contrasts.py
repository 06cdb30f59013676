"""From the rows of a question to a contrast between levels, or to the mean of one level, with its interval."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.analysis.inference.cluster_robust import Array, Design, Found, design, found, within
from harness.analysis.inference.panel import Panel
from harness.analysis.inference.results import Contrast, Mean
from harness.analysis.inference.rows import SEEN, Question, Rows, rows
from harness.analysis.points.splits import Level
from harness.analysis.values import Missing

Error = Callable[[Design, Array], Found]
PER_TENFOLD = "per tenfold compute"


@dataclass(frozen=True)
class Numbers:
    """One estimate with its error; fields as in Contrast."""

    estimate: float
    interval: tuple[float, float]
    p: float
    error: float
    dof: float
    added: bool


def unit(question: Question) -> str:
    """What an estimate counts."""
    return f"{question.unit} {PER_TENFOLD}" if question.measure == "slope" else question.unit


def contrast(panel: Panel, question: Question) -> Contrast | Missing:
    """How much more low-resource languages have than high-resource ones, within each model and task."""
    found_rows = rows(panel, question)
    if isinstance(found_rows, Missing):
        return found_rows
    return contrast_of(found_rows, found_rows.low, unit(question))


def contrast_of(
    rows: Rows, treatment: Array, unit: str, *covariates: Array, error: Error = found
) -> Contrast | Missing:
    """The coefficient of `treatment` (rows,) beside `covariates`, with an effect for each model and task."""
    columns = within(rows.blocks, treatment, *covariates)
    told = _told(rows, columns, np.eye(columns.shape[1])[0], error)
    return told if isinstance(told, Missing) else contrast_from(rows, told, unit)


def contrast_from(rows: Rows, found: Numbers, unit: str) -> Contrast:
    """A contrast that was estimated on `rows` in whatever way."""
    low, high = rows.languages("low"), rows.languages("high")
    numbers = (found.estimate, found.interval, found.p, found.error, found.dof)
    return Contrast(*numbers, unit, low, high, rows.tasks, len(rows.outcome), found.added)


def level_mean(panel: Panel, question: Question, level: Level) -> Mean | Missing:
    """The mean of languages of `level`: low and high within the tasks that have both, unseen over its rows.

    The means of low and high differ by the contrast: both are fitted values at the mean of the effects of tasks.
    """
    alone = level not in SEEN
    asked = Question(question.measure, levels=(level,), both=False) if alone else question
    found_rows = rows(panel, asked)
    if isinstance(found_rows, Missing):
        return found_rows
    if alone:
        columns, wanted = np.ones((len(found_rows.cells), 1)), np.ones(1)
    else:
        columns = within(found_rows.blocks, found_rows.low)
        effects = columns.shape[1] - 1
        wanted = np.array([float(level == "low"), *([1 / effects] * effects)])
    told = _told(found_rows, columns, wanted, found)
    if isinstance(told, Missing):
        return told
    numbers = (told.estimate, told.interval, told.p, told.error, told.dof)
    languages, tasks = found_rows.languages(level), found_rows.tasks
    return Mean(*numbers, unit(question), languages, tasks, len(found_rows.outcome), told.added)


def numbers_of(found: Found) -> Numbers:
    """What was found of one outcome."""
    value, margin = float(found.estimate), float(found.margin)
    interval = (value - margin, value + margin)
    return Numbers(value, interval, float(found.p()), float(found.error), float(found.dof), bool(found.added))


def _told(rows: Rows, columns: Array, wanted: Array, error: Error) -> Numbers | Missing:
    try:
        maps = design(columns, wanted, rows.clusters)
    except ValueError:
        return Missing("within each task the languages are alike in it")
    estimate = float((rows.outcome @ maps.weights).mean())
    if maps.alone:
        names = sorted({cell[2] for cell, own in zip(rows.cells, rows.clusters, strict=True) if own in maps.alone})
        return Missing(
            f"no interval: alone of its kind is {', '.join(names)}, and how far languages differ cannot be seen from "
            f"one; the estimate is {estimate:+.1f}"
        )
    result = error(maps, rows.outcome)
    if not result.error > 1e-9 * (1 + np.abs(rows.outcome).max()):
        return Missing(f"no interval: the languages of each level agree exactly; the estimate is {estimate:+.1f}")
    return numbers_of(result)
