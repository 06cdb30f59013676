"""Examples for people: what `harness data` prints of a task, and the glossed rows of a study's report."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from harness.analysis.table import Table
from harness.analysis.tables.interlinear import Rows, row_lines
from harness.catalog import find
from harness.catalog.examples import matched_rows
from harness.plan.sweeps.study import Study
from harness.spec.errors import HarnessError
from harness.spec.task import Task

SPLITS = ("train", "dev", "test")
MOST_ROWS = 10_000


def show_task(name: str, root: Path | None, count: int, console: Console) -> None:
    """Print what a task is, how many of its rows are at hand below `root`, and its first `count` rows by language.

    Raises HarnessError for an unknown task, a folder that is not there, malformed data, or no rows to show.
    """
    task = find.task(name)
    if root is not None and not root.is_dir():
        raise HarnessError(f"{root}: no such data folder; name the folder that holds the task's files with --data")
    if not 1 <= count <= MOST_ROWS:
        raise HarnessError(f"--rows is {count}; at least 1 row and at most {MOST_ROWS} of each language can be shown")
    for line in _about(task):
        _say(console, line)
    present = {split: task.source.languages(root, split) for split in _splits(task)}
    at_hand = {split: languages for split, languages in present.items() if languages}
    if not at_hand:
        where = f"below {root}" if root else "without a data folder"
        _say(console, f"No rows are at hand {where}; name the folder that holds the files with --data.")
        return
    console.print(_counts(task, at_hand, root).rich())
    split = task.evaluate_on if task.evaluate_on in at_hand else next(reversed(at_hand))
    _say(console, f"The first rows of '{split}' in each language:")
    languages = [language for language in task.languages if language in at_hand[split]]
    for language, rows in matched_rows(task, split, languages, root, count).items():
        for row in rows:
            _say(console, "")
            for line in row_lines(language, row):
                _say(console, line)


def glossed(study: Study, root: Path | None) -> Mapping[str, Rows]:
    """One row of each target of `study` that has glosses, in all languages at hand that it is evaluated in, by task."""
    examples: dict[str, Rows] = {}
    for data in {leaf.data.task: leaf.data for leaf in study.leaves}.values():
        task = find.task(data.task)
        if task.gloss:
            present = task.source.languages(root, data.split)
            languages = [language for language in data.languages if language in present]
            examples[task.name] = matched_rows(task, data.split, languages, root, count=1)
    return examples


def _about(task: Task) -> list[str]:
    metric = task.metric.name if task.metric else "none"
    labels = [f"labels: {', '.join(task.labels)}"] if task.labels else []
    trained = ", then ".join(task.train) or "nothing"
    return [
        f"{task.name}: format {task.format}, metric {metric}",
        *labels,
        f"as a target: trained on {trained}, evaluated on '{task.evaluate_on}'",
    ]


def _splits(task: Task) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*SPLITS, *task.train_sizes, task.evaluate_on)))


def _counts(task: Task, at_hand: Mapping[str, tuple[str, ...]], root: Path | None) -> Table:
    def count(split: str, language: str) -> str:
        found = language in at_hand[split]
        return f"{sum(1 for _ in task.source.rows(root, split, language)):,}" if found else ""

    known = [language for language in task.languages if any(language in found for found in at_hand.values())]
    rows = tuple((language, *(count(split, language) for split in at_hand)) for language in known)
    return Table("Rows at hand", ("language", *at_hand), (rows,))


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
