"""Score a submission: a folder of predictions against a folder of labels, both in the benchmark's own layout."""

import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType

from harness.analysis.official import Submission, TaskScores
from harness.analysis.official_tables import tables
from harness.analysis.values import Missing
from harness.catalog.gold import refuse_placeholders
from harness.catalog.submission.sheets import SHEETS, SUITES, Sheet, suite_languages
from harness.spec.errors import HarnessError
from harness.spec.load import nearest


def score_submission(predictions: Path, labels: Path, suite: str | None = None) -> Submission:
    """The scores of every task of which both folders, or one, have files.

    `suite` says whose languages a task's mean is over; by default XTREME-R's where the labels have a language, or a
    task, that only XTREME-R has. Raises HarnessError for a folder that is not there or has nothing of the benchmark.
    """
    if suite is not None and suite not in SUITES:
        raise HarnessError(f"there is no suite '{suite}' of submissions; {nearest(suite, SUITES)}")
    for folder in (predictions, labels):
        if not folder.is_dir():
            raise HarnessError(f"{folder}: no such folder; expected {{task}}/test-{{language}} files in it")
    refused: list[str] = []
    found = [sheet for sheet in SHEETS.values() if any((one / sheet.task).is_dir() for one in (predictions, labels))]
    if not found:
        raise HarnessError(f"{predictions}: has no folder of a task of the benchmark; expected {', '.join(SHEETS)}")
    tasks = {sheet.task: _task(sheet, predictions, labels, _counting(sheet, labels, suite), refused) for sheet in found}
    return Submission(tasks, tuple(refused))


def as_json(submission: Submission) -> str:
    """For other programs, with full precision."""
    return json.dumps(submission.plain(), indent=1, ensure_ascii=False, allow_nan=False)


def as_tables(submission: Submission) -> RenderableType:
    """For the terminal."""
    return Group(*(table.rich() for table in tables(submission)))


def _task(sheet: Sheet, predictions: Path, labels: Path, suite: str, refused: list[str]) -> TaskScores:
    own = {code for name in SUITES for code in suite_languages(name).get(sheet.task, ())}
    counting = suite_languages(suite)[sheet.task]
    scores: dict[str, dict[str, float] | Missing] = {}
    notes: list[str] = []
    for code in sheet.languages:
        files = [sheet.file(folder, code) for folder in (predictions, labels)]
        absent = [file for file in files if not file.is_file()]
        if absent and (code in counting or len(absent) == 1):
            scores[code] = Missing(" and ".join(f"{file} is not there" for file in absent))
        elif not absent and code in own:
            scores[code] = _language(sheet, code, (files[0], files[1]), notes, refused)
    return TaskScores(sheet.task, suite, scores, (*notes, *_unknown(sheet, predictions, labels)))


def _language(
    sheet: Sheet, language: str, files: tuple[Path, Path], notes: list[str], refused: list[str]
) -> dict[str, float] | Missing:
    try:
        rows, answered, absent = sheet.read(*files)
        try:
            refuse_placeholders(rows)
            values = sheet.score(rows, answered, language)
        except HarnessError as error:
            raise HarnessError(f"{files[1]}: {error}") from error
    except HarnessError as error:
        refused.append(str(error))
        return Missing(str(error))
    if absent:
        notes.append(f"{files[0]}: {absent} of {len(rows)} predictions are absent; the benchmark counts them as wrong")
    return {name: values[ours] for ours, name in sheet.values.items()}


def _counting(sheet: Sheet, labels: Path, suite: str | None) -> str:
    """The suite whose languages count for a task."""
    lists = {name: own[sheet.task] for name in SUITES if sheet.task in (own := suite_languages(name))}
    if suite in lists:
        return str(suite)
    if len(lists) == 1:
        return next(iter(lists))
    added = set(lists["xtreme_r"]) - set(lists["xtreme"])
    return "xtreme_r" if any(sheet.file(labels, code).is_file() for code in added) else "xtreme"


def _unknown(sheet: Sheet, predictions: Path, labels: Path) -> Iterator[str]:
    """One sentence on files that no language of the task has."""
    known = {sheet.file(folder, code) for folder in (predictions, labels) for code in sheet.languages}
    for folder in (predictions, labels):
        strange = sorted(file.name for file in (folder / sheet.task).glob("test-*") if file not in known)
        if strange:
            yield f"{folder / sheet.task}: not of this task and not scored: {', '.join(strange)}"
