"""Aggregates over languages and tasks by XTREME's rule, and by resource level within tasks."""

from collections.abc import Callable, Mapping

from harness.analysis.splits import LEVELS, Level
from harness.analysis.values import Missing, Value, mean
from harness.catalog import find
from harness.catalog.languages import ENGLISH
from harness.spec.task import Data

Cells = Mapping[str, Mapping[str, Value]]  # task -> language -> value
LevelOf = Callable[[str], Level | None]

# The ten tasks of XTREME-R (Ruder et al. 2021), by their names in the official evaluator.
XTREME_R = {"xnli", "xcopa", "udpos", "panx", "xquad", "mlqa", "tydiqa", "mewslix", "lareqa", "tatoeba"}


def by_task(cells: Cells) -> dict[str, Value]:
    """Per task the unweighted mean over its languages, English and every test size alike (XTREME's evaluate.py)."""
    return {task: mean(languages) for task, languages in cells.items() if languages}


def overall(cells: Cells) -> Value:
    """The unweighted mean over tasks, not over groups of tasks (XTREME's evaluate.py)."""
    tasks = by_task(cells)
    return mean(tasks) if tasks else Missing("no targets")


def parts(cells: Cells, level_of: LevelOf) -> dict[str, Cells]:
    """The cells behind each aggregate of one row of the study: `score` has all, `en` English, the others their level.

    `low` and `high` cover the tasks that have both, so that their difference is one of languages and not of tasks.
    Where a level occurs in other tasks too, `low_all_tasks` or `high_all_tasks` covers all of them.
    """
    within = {level: _only(cells, level_of, level) for level in LEVELS}
    english = {task: {ENGLISH: own[ENGLISH]} for task, own in cells.items() if ENGLISH in own}
    found: dict[str, Cells] = {"score": cells, "en": english}
    for level in ("low", "high"):
        own = within[level]
        found[level] = {task: own[task] for task in own if task in within["low"] and task in within["high"]}
        found[f"{level}_all_tasks"] = own if len(found[level]) < len(own) else {}
    found["unseen"] = within["unseen"]
    return {name: own for name, own in found.items() if own or name == "score"}


def aggregate(cells: Cells, level_of: LevelOf) -> dict[str, Value]:
    """Every aggregate of one row of the study: within each task over its languages, then over tasks."""
    return {name: overall(own) for name, own in parts(cells, level_of).items()}


def is_xtreme_r(evaluated: Mapping[str, Data]) -> bool:
    """Whether `evaluated`, by task, is the complete suite: all ten tasks, all languages, whole test sets."""
    return evaluated.keys() == XTREME_R and all(_whole(data) for data in evaluated.values())


def _whole(data: Data) -> bool:
    task = find.task(data.task)
    return data.split == task.evaluate_on and set(data.languages) == set(task.languages) and data.limit is None


def _only(cells: Cells, level_of: LevelOf, level: Level) -> Cells:
    """The cells in languages of `level`, without the tasks that have none."""
    kept = {
        task: {language: value for language, value in languages.items() if level_of(language) == level}
        for task, languages in cells.items()
    }
    return {task: languages for task, languages in kept.items() if languages}
