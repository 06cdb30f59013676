"""Aggregates over languages and tasks by XTREME's rule, and by resource level within tasks."""

from collections.abc import Callable, Mapping

from harness.analysis.splits import LEVELS, Level
from harness.analysis.values import Missing, Value, mean
from harness.catalog import find
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


def by_level(cells: Cells, level_of: LevelOf) -> dict[str, Value]:
    """Means by resource level: within each task over the languages of that level, then over tasks.

    `low` and `high` cover the tasks that have both, so that their difference is one of languages and not of tasks.
    Where a level occurs in other tasks too, `low_all_tasks` or `high_all_tasks` is its mean over all of them.
    """
    within = {level: by_task(_only(cells, level_of, level)) for level in LEVELS}
    both = within["low"].keys() & within["high"].keys()
    result: dict[str, Value] = {}
    for level in ("low", "high"):
        compared = {task: value for task, value in within[level].items() if task in both}
        if compared:
            result[level] = mean(compared)
        if len(compared) < len(within[level]):
            result[f"{level}_all_tasks"] = mean(within[level])
    if within["unseen"]:
        result["unseen"] = mean(within["unseen"])
    return result


def aggregate(cells: Cells, level_of: LevelOf) -> dict[str, Value]:
    """Every aggregate of one row of the study: `score` over all tasks, then the levels."""
    return {"score": overall(cells), **by_level(cells, level_of)}


def is_xtreme_r(evaluated: Mapping[str, Data]) -> bool:
    """Whether `evaluated`, by task, is the complete suite: all ten tasks, all languages, whole test sets."""
    return evaluated.keys() == XTREME_R and all(_whole(data) for data in evaluated.values())


def _whole(data: Data) -> bool:
    task = find.task(data.task)
    return data.split == task.evaluate_on and set(data.languages) == set(task.languages) and data.limit is None


def _only(cells: Cells, level_of: LevelOf, level: Level) -> Cells:
    return {
        task: {language: value for language, value in languages.items() if level_of(language) == level}
        for task, languages in cells.items()
    }
