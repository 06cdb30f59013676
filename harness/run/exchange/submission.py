"""Score a submission: a folder of predictions against a folder of labels, both in the benchmark's own layout."""

import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType

from harness.analysis.points.official import Submission, TaskScores
from harness.analysis.tables.official_tables import tables
from harness.analysis.values import Missing
from harness.catalog.gold import refuse_placeholders
from harness.catalog.submission.sheets import SHEETS, SUITES, Sheet, suite_languages
from harness.spec.errors import HarnessError
from harness.spec.load import nearest


def score_submission(predictions: Path, labels: Path, suite: str | None = None) -> Submission:
    """The scores of every task of which both folders, or one, have files.

    `suite` says whose languages a task's mean is over; by default XTREME-R's where the labels have a language, or a
    task, that only XTREME-R has. A task whose files cannot be looked at is missing with the reason, and the others are
    scored. Raises HarnessError for a folder that is not there, cannot be read or has nothing of the benchmark.
    """
    if suite is not None and suite not in SUITES:
        raise HarnessError(f"there is no suite '{suite}' of submissions; {nearest(suite, SUITES)}")
    folders = {folder: _inside(folder) for folder in (predictions, labels)}
    found = [sheet for sheet in SHEETS.values() if any(sheet.task in names for names in folders.values())]
    if not found:
        raise HarnessError(f"{predictions}: has no folder of a task of the benchmark; expected {', '.join(SHEETS)}")
    refused: list[str] = []
    tasks = {sheet.task: _task_or_reason(sheet, predictions, labels, suite, refused) for sheet in found}
    strange = {folder: ", ".join(sorted(names - SHEETS.keys())) for folder, names in folders.items()}
    notes = (f"{folder}: not of the benchmark and not scored: {names}" for folder, names in strange.items() if names)
    return Submission(tasks, tuple(refused), tuple(notes))


def as_json(submission: Submission) -> str:
    """For other programs, with full precision."""
    return json.dumps(submission.plain(), indent=1, ensure_ascii=False, allow_nan=False)


def as_tables(submission: Submission) -> RenderableType:
    """For the terminal."""
    return Group(*(table.rich() for table in tables(submission)))


def _inside(folder: Path) -> set[str]:
    """The names of the folders in `folder`."""
    if not folder.is_dir():
        raise HarnessError(f"{folder}: no such folder; expected {{task}}/test-{{language}} files in it")
    try:
        return {path.name for path in folder.iterdir() if path.is_dir()}
    except OSError as error:
        raise HarnessError(f"{folder}: cannot be read ({error.strerror}); expected folders of tasks in it") from error


def _task_or_reason(sheet: Sheet, predictions: Path, labels: Path, suite: str | None, refused: list[str]) -> TaskScores:
    try:
        return _task(sheet, predictions, labels, _counting(sheet, labels, suite), refused)
    except OSError as error:  # a folder that may not be looked into
        reason = f"{error.filename or sheet.task}: cannot be read ({error.strerror}); expected a file"
        refused.append(reason)
        lists = _lists(sheet)
        counting = suite if suite is not None and suite in lists else next(iter(lists))
        return TaskScores(sheet.task, counting, dict.fromkeys(lists[counting], Missing(reason)))


def _task(sheet: Sheet, predictions: Path, labels: Path, suite: str, refused: list[str]) -> TaskScores:
    lists = _lists(sheet)
    own, counting = {code for codes in lists.values() for code in codes}, lists[suite]
    scores: dict[str, dict[str, float] | Missing] = {}
    notes: list[str] = []
    for code in sheet.languages:
        files = [sheet.file(folder, code) for folder in (predictions, labels)]
        absent = [file for file in files if not file.exists()]
        if absent and (code in counting or len(absent) == 1):
            scores[code] = Missing(" and ".join(f"{file} is not there" for file in absent))
        elif not absent and code in own:
            scores[code] = _language(sheet, code, (files[0], files[1]), notes, refused)
    return TaskScores(sheet.task, suite, scores, (*notes, *_unknown(sheet, predictions, labels)))


def _language(
    sheet: Sheet, language: str, files: tuple[Path, Path], notes: list[str], refused: list[str]
) -> dict[str, float] | Missing:
    try:
        for file in files:
            if not file.is_file():
                raise HarnessError(f"{file}: is a folder; expected a file")
        rows, answered, told = sheet.read(*files)
        try:
            refuse_placeholders(rows)
            values = sheet.score(rows, answered, language)
        except HarnessError as error:
            raise HarnessError(f"{files[1]}: {error}") from error
    except HarnessError as error:
        refused.append(str(error))
        return Missing(str(error))
    notes.extend(told)
    return {name: values[ours] for ours, name in sheet.values.items()}


def _counting(sheet: Sheet, labels: Path, suite: str | None) -> str:
    """The suite whose languages count for a task."""
    lists = _lists(sheet)
    if suite is not None and suite in lists:
        return suite
    if len(lists) == 1:
        return next(iter(lists))
    added = set(lists["xtreme_r"]) - set(lists["xtreme"])
    return "xtreme_r" if any(sheet.file(labels, code).is_file() for code in added) else "xtreme"


def _lists(sheet: Sheet) -> dict[str, tuple[str, ...]]:
    """The suites that have the task, with its languages in each."""
    return {name: own[sheet.task] for name in SUITES if sheet.task in (own := suite_languages(name))}


def _unknown(sheet: Sheet, predictions: Path, labels: Path) -> Iterator[str]:
    """One sentence on files that no language of the task has."""
    known = {sheet.file(folder, code) for folder in (predictions, labels) for code in sheet.languages}
    for folder in (predictions, labels):
        strange = sorted(file.name for file in (folder / sheet.task).glob("test-*") if file not in known)
        if strange:
            yield f"{folder / sheet.task}: not of this task and not scored: {', '.join(strange)}"
