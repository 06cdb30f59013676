"""Write submissions: what finished points predict on the test sets of a benchmark, in the benchmark's own layout."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.catalog import find
from harness.catalog.metrics.mining import best_threshold, mined
from harness.catalog.submission.sheets import SUITES, Sheet, sheet_of, suite_languages
from harness.files.atomic import write_text
from harness.files.layout import folder_of
from harness.files.predictions import read_predictions
from harness.plan.sweeps.study import PlannedPoint, Study
from harness.run.track.gold import Gold, metric_of
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction
from harness.spec.load import nearest
from harness.spec.phase import Evaluate

Files = dict[Path, str]  # text by path in the folder of one submission


@dataclass(frozen=True)
class Source:
    """Where predictions and gold come from, and what is asked for: `suite` leaves out what it does not have."""

    runs: Path
    root: Path | None
    suite: str | None = None


def export_submissions(source: Source, study: Study, to: Path, label: str | None = None) -> list[str]:
    """Write the submission of the point with this label to `to`, or of several points to a folder each below it.

    Returns one sentence a folder. Raises HarnessError, before anything is written, for predictions that are missing,
    by point, task and language, for test sets that were not evaluated whole, and where `to` is not empty.
    """
    points = _chosen(study, label)
    _check_empty(to)
    made = {_folder(to, point, points): _submission(source, point) for point in points}
    return [_write(folder, files) for folder, files in made.items()]


def export_labels(source: Source, study: Study, to: Path) -> str:
    """Write the gold labels of the targets of `study` in the same layout; raises HarnessError where gold is hidden."""
    _check_empty(to)
    leaves = {leaf.data.task: leaf for leaf in study.leaves}
    files: Files = {}
    for leaf, sheet in _sheets(source, tuple(leaves.values())):
        gold = Gold(source.runs, leaf, source.root)
        for language in _languages(source, leaf, sheet):
            files[sheet.file(Path(), language)] = sheet.write_gold(gold.answered(language))
    return _write(to, files)


def _chosen(study: Study, label: str | None) -> tuple[PlannedPoint, ...]:
    points = {point.at.label: point for point in study.points}
    if label is None:
        return study.points
    if label not in points:
        raise HarnessError(f"there is no point '{label}' in {study.sweep.name}; {nearest(label, points)}")
    return (points[label],)


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HarnessError(f"{folder}: is there already and not empty; name a new folder with --to")


def _folder(to: Path, point: PlannedPoint, points: tuple[PlannedPoint, ...]) -> Path:
    return to if len(points) == 1 else to / re.sub(r"[^\w.+@-]+", "-", point.at.label)


def _submission(source: Source, point: PlannedPoint) -> Files:
    files: Files = {}
    lost: list[str] = []
    for leaf, sheet in _sheets(source, point.leaves):
        for language in _languages(source, leaf, sheet):
            try:
                files[sheet.file(Path(), language)] = _text(source, leaf, sheet, language)
            except HarnessError as error:
                lost.append(f"{leaf.data.task}/{language}: {error}")
    if lost:
        more = f"; and {len(lost) - 3} more" if len(lost) > 3 else ""
        raise HarnessError(f"{point.at.label}: not everything is predicted: {'; '.join(lost[:3])}{more}")
    return files


def _sheets(source: Source, leaves: tuple[Evaluate, ...]) -> Iterator[tuple[Evaluate, Sheet]]:
    """The evaluations that belong in a submission; raises HarnessError where two of them have the same files."""
    if source.suite is not None and source.suite not in SUITES:
        raise HarnessError(f"there is no suite '{source.suite}' of submissions; {nearest(source.suite, SUITES)}")
    tasks = find.suite(source.suite).tasks if source.suite else tuple(leaf.data.task for leaf in leaves)
    found: dict[str, str] = {}
    for leaf in leaves:
        sheet = sheet_of(leaf.data.task)
        if sheet is None or leaf.data.task not in tasks:
            continue
        if sheet.task in found:
            raise HarnessError(
                f"{found[sheet.task]} and {leaf.data.task} are both submitted as {sheet.task}; choose with --suite"
            )
        found[sheet.task] = leaf.data.task
        _check_whole(source, leaf, sheet)
        yield leaf, sheet
    if not found:
        raise HarnessError(f"no target is a task of {source.suite or 'a benchmark'}, so there is nothing to submit")


def _check_whole(source: Source, leaf: Evaluate, sheet: Sheet) -> None:
    data, split = leaf.data, find.task(leaf.data.task).evaluate_on
    if data.split != split or data.limit is not None:
        what = f"'{data.split}'" if data.split != split else f"the first {data.limit} rows"
        raise HarnessError(f"{data.task} is evaluated on {what}; a submission wants its whole split '{split}'")
    gold = Gold(source.runs, leaf, source.root)
    for language in _languages(source, leaf, sheet):
        if lack := gold.partial(language):
            raise HarnessError(f"{data.task}/{language}: {lack}; a submission wants its whole split '{split}'")


def _languages(source: Source, leaf: Evaluate, sheet: Sheet) -> list[str]:
    wanted = suite_languages(source.suite)[sheet.task] if source.suite else sheet.languages
    return [language for language in wanted if language in leaf.data.languages]


def _text(source: Source, leaf: Evaluate, sheet: Sheet, language: str) -> str:
    folder = folder_of(source.runs, leaf)
    if not folder.done:
        raise HarnessError(f"phase {folder.id} is not finished")
    gold = Gold(source.runs, leaf, source.root)
    rows = gold.rows(leaf.data, language, hidden=True)
    predictions: dict[str, Prediction] = read_predictions(folder.predictions, language)
    if metric_of(leaf).tune and leaf.tuning:
        threshold = best_threshold(*gold.tuning(language))
        taken = [pair for pair in mined(rows, predictions) if pair.margin >= threshold]
        predictions = {pair.query: [[pair.candidate, pair.margin]] for pair in taken}
    elif absent := [row.id for row in rows if row.id not in predictions]:
        raise HarnessError(f"{len(absent)} predictions are missing, that of '{absent[0]}' among them")
    return sheet.write(rows, predictions)


def _write(folder: Path, files: Files) -> str:
    for path, text in files.items():
        write_text(folder / path, text)
    tasks = dict.fromkeys(path.parent.name for path in files)
    return f"{folder}: {len(files)} files of {', '.join(tasks)}"
