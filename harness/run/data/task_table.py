"""`harness data tasks`: where each task's rows are from, what they are scored by, and what was run on them here."""

from collections.abc import Iterator, Sequence

from harness.analysis.table import Row, Table
from harness.catalog import find
from harness.catalog.run_here import RUN_HERE
from harness.run.data.status import in_files
from harness.spec.task import Remote, Task

SPLITS = ("train", "dev", "test")  # these first
ALL = 12  # languages that a cell names
COLUMNS = ("task", "languages", "source", "hub", "licence", "rows", "metric", "test labels", "run here on")
GENERATED = "generated"


def task_table() -> Table:
    """One row a task of the catalogue, tasks from files first; what was recollected and not read is in the notes."""
    entries = [task for task in map(find.task, find.task_names()) if task.source.splits]
    files = tuple(_row(task) for task in entries if in_files(task))
    made = tuple(_row(task) for task in entries if not in_files(task))
    return Table("Tasks", COLUMNS, (files, made), len(COLUMNS), tuple(_notes(entries)))


def markdown() -> str:
    """docs/tasks.md as it should be."""
    return "\n".join(("# Tasks", "", *INTRODUCTION, "", task_table().markdown().rstrip("\n"))) + "\n"


INTRODUCTION = (
    "Written by `harness data tasks --markdown > docs/tasks.md`; a test fails while it is out of date.",
    "Rows are counted as published: where languages have as many each, that number is given, else all together.",
    "`hub` names data sets whose Parquet files give the same rows, with the beginning of the pinned revision.",
    "No hub was reachable where they were written down: the revisions were read in public code that pins them.",
    '"real files": rows of published files were read, encoded and scored; the languages are those at hand.',
    '"format samples": a few rows in the published layout; "made-up rows": tests alone write such files.',
)


def _row(task: Task) -> Row:
    published = task.published
    return (
        task.name,
        _languages(task),
        published.source if published else GENERATED,
        ", ".join(dict.fromkeys(map(_hub, _remotes(task)))) or "none",
        published.licence if published else "this project's",
        "; ".join(_rows(task)),
        task.metric.name if task.metric else "none",
        published.test_labels if published else "open",
        RUN_HERE.get(task.name, GENERATED),
    )


def _languages(task: Task) -> str:
    return " ".join(task.languages) if len(task.languages) <= ALL else str(len(task.languages))


def _remotes(task: Task) -> Iterator[Remote]:
    for split in task.source.splits:
        for language in task.languages:
            yield from task.source.remotes(split, language)


def _hub(remote: Remote) -> str:
    return f"{remote.hub.repo}@{remote.hub.revision[:8]}"


def _rows(task: Task) -> Iterator[str]:
    for split in sorted(task.source.splits, key=lambda name: (*SPLITS, name).index(name)):
        pooled = task.pool.languages if task.pool and task.pool.split == split else None
        counts = [task.source.published(split, language) for language in pooled or task.languages]
        known = [count for count in counts if count is not None]
        if known:
            yield f"{split} {_summed(known)}"


def _summed(counts: Sequence[int]) -> str:
    if len(counts) == 1:
        return f"{counts[0]:,}"
    return f"{len(counts)} x {counts[0]:,}" if len(set(counts)) == 1 else f"{sum(counts):,} in {len(counts)} languages"


def _notes(tasks: Sequence[Task]) -> Iterator[str]:
    for task in tasks:
        if task.published and task.published.memory:
            yield f"{task.name}, from memory: {task.published.memory}."
