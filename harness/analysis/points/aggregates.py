"""Aggregates over languages and tasks by XTREME's rule, and by resource level within tasks."""

from collections.abc import Callable, Mapping

from harness.analysis.points.splits import LEVELS, Level
from harness.analysis.values import Missing, Value, mean
from harness.catalog import find
from harness.catalog.languages import ENGLISH
from harness.spec.task import Data

Cells = Mapping[str, Mapping[str, Value]]  # task -> language -> value
LevelOf = Callable[[str], Level | None]

OFFICIAL = ("score_f1", "score_without_retrieval")
BENCHMARKS = ("xtreme", "xtreme_r")  # the suites whose scores others publish


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


def official(cells: Cells, by_f1: Cells) -> dict[str, Value]:
    """Two further scores, each only where it is another one than `score`, which counts everything.

    `score_f1` is over `by_f1`, the cells with questions by F1 alone, as mT5 and others report them;
    `score_without_retrieval` leaves out the retrieval tasks, which depend on layer and pooling more than on training.
    """
    others = {task: own for task, own in cells.items() if find.task(task).format != "retrieval"}
    asked = any(find.task(task).format == "span" for task in cells)
    found = {"score_f1": overall(by_f1)} if asked else {}
    return found | ({"score_without_retrieval": overall(others)} if 0 < len(others) < len(cells) else {})


def complete_suites(evaluated: Mapping[str, Data]) -> tuple[str, ...]:
    """The benchmarks of which all tasks are evaluated: on whole test sets, in all languages of the benchmark."""
    return tuple(name for name in BENCHMARKS if incomplete(name, evaluated) is None)


def incomplete(suite: str, evaluated: Mapping[str, Data]) -> str | None:
    """Which task of a suite is not evaluated whole, as a sentence; None where all are."""
    lacking = (task for task in find.suite(suite).tasks if not _whole(suite, task, evaluated))
    found = next(lacking, None)
    return found and f"'{found}' is not evaluated on its whole test set in all languages of {suite}"


def of_suite(cells: Cells, suite: str) -> Cells:
    """The cells of the tasks and languages of a suite that is complete in them, in its order."""
    return {
        task: {language: value for language, value in cells[task].items() if language in suite_languages(suite, task)}
        for task in find.suite(suite).tasks
    }


def suite_languages(suite: str, task: str) -> tuple[str, ...]:
    """The languages that a suite has of one of its tasks."""
    return find.suite(suite).languages.get(task, find.task(task).languages)


def _whole(suite: str, name: str, evaluated: Mapping[str, Data]) -> bool:
    if name not in evaluated:
        return False
    data, task = evaluated[name], find.task(name)
    languages = set(suite_languages(suite, name))
    return data.split == task.evaluate_on and data.limit is None and languages <= set(data.languages)


def _only(cells: Cells, level_of: LevelOf, level: Level) -> Cells:
    """The cells in languages of `level`, without the tasks that have none."""
    kept = {
        task: {language: value for language, value in languages.items() if level_of(language) == level}
        for task, languages in cells.items()
    }
    return {task: languages for task, languages in kept.items() if languages}
