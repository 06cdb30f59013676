"""Score finished evaluations from their stored predictions; what is up to date already is left alone."""

import dataclasses
from pathlib import Path

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.files.atomic import digest, read_text, write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.files.predictions import predictions_file, read_predictions
from harness.plan.study import Study
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_json
from harness.spec.phase import Evaluate
from harness.spec.record import LanguageScore, Record, Scores
from harness.spec.task import Data, Metric, Part


def score(runs: Path, study: Study, root: Path | None) -> list[str]:
    """Write `scores.json` of every finished evaluation of `study` whose scores are absent or out of date.

    `root` is the data folder with the gold labels. Returns the ids that were scored anew. A language without
    predictions or gold is missing with the reason, never 0.
    """
    leaves = {identity(leaf): leaf for leaf in study.leaves}
    return [key for key, leaf in leaves.items() if _renew(folder_of(runs, leaf), leaf, root)]


def read_scores(folder: PhaseFolder) -> Scores | None:
    """The scores in `folder`; None where there are none, or none that can be read: they are derived again."""
    if not folder.scores_file.exists():
        return None
    try:
        return from_json(Scores, read_text(folder.scores_file, "scores"), str(folder.scores_file))  # type: ignore[no-any-return]
    except HarnessError:
        return None


def _renew(folder: PhaseFolder, leaf: Evaluate, root: Path | None) -> bool:
    record = folder.record()
    if record is None:
        return False
    old = read_scores(folder)
    if old and not old.missing and old == dataclasses.replace(_compared(folder, leaf, record), languages=old.languages):
        return False
    new = _scored(folder, leaf, record, root)
    if new == old:
        return False
    write_json(folder.scores_file, new)
    return True


def _compared(folder: PhaseFolder, leaf: Evaluate, record: Record) -> Scores:
    """What scores must be made of to be up to date, without the scores themselves."""
    metric = _metric(leaf.data)
    stored = {language: predictions_file(folder.predictions, language) for language in leaf.data.languages}
    return Scores(
        phase=record.phase,
        task=leaf.data.task,
        metric=metric.name,
        metric_version=metric.version,
        gold={part.language: part.digest for part in leaf.data.parts if part.digest},
        predictions={language: digest(file) for language, file in stored.items() if file.exists()},
        languages={},
        missing={},
    )


def _scored(folder: PhaseFolder, leaf: Evaluate, record: Record, root: Path | None) -> Scores:
    compared = _compared(folder, leaf, record)
    languages: dict[str, LanguageScore] = {}
    missing: dict[str, str] = {}
    for part in leaf.data.parts:
        try:
            _checked(folder, record, part, compared)
            languages[part.language] = _language(folder, leaf.data, part, root)
        except HarnessError as error:
            missing[part.language] = str(error)
    return dataclasses.replace(compared, languages=languages, missing=missing)


def _checked(folder: PhaseFolder, record: Record, part: Part, compared: Scores) -> None:
    """Raise HarnessError for predictions other than those that the phase recorded; absent ones are told by reading."""
    file = predictions_file(folder.predictions, part.language)
    recorded = record.outputs.get(str(file.relative_to(folder.path)))
    found = compared.predictions.get(part.language)
    if found and found != recorded:
        what = "changed since it was recorded" if recorded else "is not among the recorded outputs"
        raise HarnessError(f"{file}: {what}; `harness retry {record.phase}` makes it again")


def _language(folder: PhaseFolder, data: Data, part: Part, root: Path | None) -> LanguageScore:
    predictions = read_predictions(folder.predictions, part.language)
    rows = [example for _, example in catalog_data.rows(dataclasses.replace(data, parts=(part,)), root)]
    if not rows:
        raise HarnessError(f"{data.task}/{part.language}: there are no gold rows in its split '{data.split}'")
    metric = _metric(data)
    values = metric.score(rows, predictions, part.language)
    return LanguageScore(values, metric.chance(rows, part.language), len(rows))


def _metric(data: Data) -> Metric:
    metric = find.task(data.task).metric
    if metric is None:
        raise HarnessError(f"task '{data.task}' has no metric, so it cannot be a target")
    return metric
