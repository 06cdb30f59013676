"""A scored submission: means over languages, tasks and groups of tasks in the benchmark's own order and arithmetic."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from harness.analysis.values import Missing, Value
from harness.catalog.submission.sheets import GROUPS, SHEETS, SUITES, suite_languages

QA = ("exact_match", "f1")
RETRIEVAL = ("bucc2018", "tatoeba", "mewslix", "lareqa")
Scored = Mapping[str, float] | Missing


@dataclass(frozen=True)
class TaskScores:
    """The scores of one task by language, named as the benchmark names them; `suite` is whose languages count.

    `notes` say what a reader must know of them.
    """

    task: str
    suite: str
    languages: Mapping[str, Scored]
    notes: tuple[str, ...] = ()

    @property
    def counting(self) -> tuple[str, ...]:
        """The languages that the mean of this task is over, in the benchmark's order."""
        return suite_languages(self.suite)[self.task]

    def averages(self, suite: str | None = None) -> dict[str, Value]:
        """The mean of each value over the languages of `suite`, by default over those that count.

        `avg_metric` is the task's score: of questions the mean of exact match and F1, else the first value.
        """
        counting = suite_languages(suite or self.suite)[self.task]
        names = tuple(SHEETS[self.task].values.values())
        found = {f"avg_{name}": self._average(name, counting) for name in names}
        first, second = (found[f"avg_{name}"] for name in (QA if set(names) == set(QA) else (names[0], names[0])))
        if isinstance(first, Missing) or isinstance(second, Missing):
            return found | {"avg_metric": first}
        return found | {"avg_metric": (first + second) / 2}

    def _average(self, name: str, counting: Sequence[str]) -> Value:
        scores = {language: self.languages.get(language, Missing("no files")) for language in counting}
        return mean({code: one if isinstance(one, Missing) else one[name] for code, one in scores.items()})


@dataclass(frozen=True)
class Submission:
    """All tasks of a submission by name, what was there and could not be scored, and notes, one sentence each."""

    tasks: Mapping[str, TaskScores]
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def overall(self, suite: str) -> dict[str, Value]:
        """The mean over the tasks of a suite, with and without retrieval, with questions by F1 alone, and by group."""
        own = suite_languages(suite)
        by_task = {task: self._task(task, suite, "avg_metric") for task in own}
        by_f1 = {task: self._task(task, suite, "avg_f1") if _is_qa(task) else by_task[task] for task in own}
        groups = {name: mean({task: by_task[task] for task in tasks}) for name, tasks in GROUPS[suite].items()}
        without = {task: value for task, value in by_task.items() if task not in RETRIEVAL}
        return {"score": mean(by_task), "score_f1": mean(by_f1), "score_without_retrieval": mean(without), **groups}

    def _task(self, task: str, suite: str, name: str) -> Value:
        return self.tasks[task].averages(suite)[name] if task in self.tasks else Missing("no files")

    def plain(self) -> dict[str, Any]:
        """Everything with full precision, as JSON has it; what is missing is None, with its reason beside it."""
        return {
            "tasks": {task: _plain_task(scores) for task, scores in self.tasks.items()},
            "suites": {suite: _plain_suite(self.overall(suite)) for suite in SUITES},
            "refused": list(self.refused),
            "notes": list(self.notes),
        }


def mean(values: Mapping[str, Value]) -> Value:
    """The unweighted mean, added up from left to right as the benchmark does; missing where one of them is.

    Not with `sum`: since Python 3.12 it compensates for rounding, which moves the last digit.
    """
    gaps = [name for name, value in values.items() if isinstance(value, Missing)]
    if gaps:
        return Missing(f"missing: {', '.join(gaps)}")
    known = [value for value in values.values() if not isinstance(value, Missing)]
    return reduce(operator.add, known) / len(known)


def _is_qa(task: str) -> bool:
    return set(SHEETS[task].values.values()) == set(QA)


def _plain_task(scores: TaskScores) -> dict[str, Any]:
    return {
        "languages_of": scores.suite,
        "languages": {code: one for code, one in scores.languages.items() if not isinstance(one, Missing)},
        **_numbers(scores.averages()),
        "missing": {code: one.reason for code, one in scores.languages.items() if isinstance(one, Missing)},
        "notes": list(scores.notes),
    }


def _plain_suite(overall: Mapping[str, Value]) -> dict[str, Any]:
    reasons = {name: value.reason for name, value in overall.items() if isinstance(value, Missing)}
    return {**_numbers(overall), "missing": reasons}


def _numbers(values: Mapping[str, Value]) -> dict[str, float | None]:
    return {name: None if isinstance(value, Missing) else value for name, value in values.items()}
