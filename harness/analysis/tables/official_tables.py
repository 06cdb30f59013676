"""The tables of a scored submission: per task and language, per task, and over all tasks."""

from collections.abc import Iterator, Mapping

from harness.analysis.points.official import Submission, TaskScores
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing, Value
from harness.catalog.submission.sheets import SHEETS, SUITES

TITLES = {"xtreme": "XTREME", "xtreme_r": "XTREME-R"}


def tables(submission: Submission) -> Iterator[Table]:
    """Scores in percent, missing ones by name."""
    yield _by_language(submission)
    yield _by_task(submission)
    yield _overall(submission)


def _by_language(submission: Submission) -> Table:
    sections = (tuple(_language_rows(scores)) for scores in submission.tasks.values())
    columns = ("task", "language", "score", "further")
    return Table("Scores per language in percent", columns, tuple(sections), names=2)


def _language_rows(scores: TaskScores) -> Iterator[Row]:
    first, *others = SHEETS[scores.task].values.values()
    for code, own in scores.languages.items():
        mark = "" if code in scores.counting else "  (in no mean)"
        if isinstance(own, Missing):
            yield (scores.task, code + mark, "missing", "")
        else:
            further = ", ".join(f"{name} {own[name]:.2f}" for name in others)
            yield (scores.task, code + mark, f"{first} {own[first]:.2f}", further)


def _by_task(submission: Submission) -> Table:
    rows = []
    notes: list[str] = []
    for task, scores in submission.tasks.items():
        averages = scores.averages()
        values = ", ".join(f"{name.removeprefix('avg_')} {_number(value)}" for name, value in averages.items())
        counted = f"{len(scores.counting)}, {TITLES[scores.suite]}'s"
        rows.append((task, counted, _number(averages["avg_metric"]), values.rpartition(", metric")[0]))
        notes += [f"{task}: {code} is missing: {one.reason}" for code, one in _missing(scores).items()]
        notes += scores.notes
    return Table(
        title="Tasks: the mean over their languages; of questions the mean of exact match and F1",
        columns=("task", "languages", "score", "means"),
        sections=(tuple(rows),),
        names=2,
        notes=tuple(notes),
    )


def _overall(submission: Submission) -> Table:
    rows = []
    notes = list(submission.notes)
    for suite in SUITES:
        overall = submission.overall(suite)
        rows.append(tuple((TITLES[suite], name, _number(value)) for name, value in overall.items()))
        if isinstance(overall["score"], Missing):
            notes.append(f"{TITLES[suite]}: {overall['score'].reason}")
    return Table(
        title="Suites: the mean over their tasks, and over the tasks of each group",
        columns=("suite", "over", "score"),
        sections=tuple(rows),
        names=2,
        notes=tuple(notes),
    )


def _missing(scores: TaskScores) -> Mapping[str, Missing]:
    return {code: one for code, one in scores.languages.items() if isinstance(one, Missing)}


def _number(value: Value) -> str:
    return "missing" if isinstance(value, Missing) else f"{value:.2f}"
