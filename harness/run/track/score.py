"""Score finished evaluations from their stored predictions; what is up to date already is left alone."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from harness.catalog.memory import file_digest
from harness.files.atomic import read_text, write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.files.predictions import predictions_file, variants
from harness.plan.sweeps.study import Study
from harness.run.track.gold import Gold, metric_of
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_json
from harness.spec.phase import Evaluate
from harness.spec.record import LanguageScore, Record, Scores

TUNING = "tuning"  # before the language, in the digests of what tuned the metric


def score(runs: Path, study: Study, root: Path | None) -> list[str]:
    """Write `scores.json` of every finished evaluation of `study` whose scores are absent or out of date.

    `root` is the data folder with the gold labels. Returns the ids that were scored anew. A language without
    predictions or gold is missing with the reason, never 0.
    """
    leaves = {identity(leaf): leaf for leaf in study.evaluations}
    return [key for key, leaf in leaves.items() if _renew(runs, leaf, root)]


def read_scores(folder: PhaseFolder) -> Scores | None:
    """The scores in `folder`; None where there are none, or none that can be read: they are derived again."""
    if not folder.scores_file.exists():
        return None
    try:
        return from_json(Scores, read_text(folder.scores_file, "scores"), str(folder.scores_file))  # type: ignore[no-any-return]
    except HarnessError:
        return None


def _renew(runs: Path, leaf: Evaluate, root: Path | None) -> bool:
    folder = folder_of(runs, leaf)
    record = folder.whole_record()
    if record is None:
        return False
    old = read_scores(folder)
    current = old == dataclasses.replace(_compared(runs, leaf, record), languages=old.languages) if old else False
    if old and current and not old.missing and not _lacks_blocks(leaf, old):
        return False
    new = _scored(runs, leaf, record, root)
    if new == old or (current and old and new.missing.keys() > old.missing.keys()):  # the gold is no longer at hand
        return False
    write_json(folder.scores_file, new)
    return True


def _lacks_blocks(leaf: Evaluate, scores: Scores) -> bool:
    """Whether scores of an earlier version are without those of blocks that their metric has."""
    return metric_of(leaf).by_items and not all(score.blocks for score in scores.languages.values())


def _compared(runs: Path, leaf: Evaluate, record: Record) -> Scores:
    """What scores must be made of to be up to date, without the scores themselves."""
    metric = metric_of(leaf)
    gold = {part.language: part.digest for part in leaf.data.parts if part.digest}
    predictions = _digests(folder_of(runs, leaf).predictions, leaf.data.languages)
    if leaf.pool and metric.reads_pool:
        gold |= {f"pool/{part.language}": part.digest for part in leaf.pool.parts if part.digest}
    if leaf.tuning and metric.tune:
        gold |= {f"{TUNING}/{part.language}": part.digest for part in leaf.tuning.data.parts if part.digest}
        tuned = _digests(folder_of(runs, leaf.tuning).predictions, leaf.tuning.data.languages)
        predictions |= {f"{TUNING}/{language}": found for language, found in tuned.items()}
    return Scores(
        phase=record.phase,
        task=leaf.data.task,
        metric=metric.name,
        metric_version=metric.version,
        gold=gold,
        predictions=predictions,
        languages={},
        missing={},
    )


def _digests(folder: Path, languages: Iterable[str]) -> dict[str, str]:
    """Of the predictions by language, and of their variants by variant and language."""
    stored = {
        f"{variant}/{language}" if variant else language: predictions_file(folder, language, variant)
        for variant in (None, *variants(folder))
        for language in languages
    }
    return {name: file_digest(file) for name, file in stored.items() if file.exists()}


def _scored(runs: Path, leaf: Evaluate, record: Record, root: Path | None) -> Scores:
    compared = _compared(runs, leaf, record)
    languages: dict[str, LanguageScore] = {}
    missing: dict[str, str] = {}
    gold = Gold(runs, leaf, root)
    for language in leaf.data.languages:
        try:
            _check_recorded(runs, leaf, language, compared)
            languages[language] = gold.score(language)
        except HarnessError as error:
            missing[language] = str(error)
    return dataclasses.replace(compared, languages=languages, missing=missing)


def _check_recorded(runs: Path, leaf: Evaluate, language: str, compared: Scores) -> None:
    """Raise HarnessError for predictions other than those that were recorded; absent ones are told by reading."""
    for name, found in compared.predictions.items():
        variant, _, own = name.rpartition("/")
        if own != language:
            continue
        of, variant = (leaf.tuning, "") if leaf.tuning and variant == TUNING else (leaf, variant)
        folder = folder_of(runs, of)
        record = folder.record()
        file = predictions_file(folder.predictions, language, variant or None)
        recorded = record.outputs.get(str(file.relative_to(folder.path))) if record else None
        if found != recorded:
            what = "changed since it was recorded" if recorded else "is not among the recorded outputs"
            raise HarnessError(f"{file}: {what}; `harness retry {folder.id}` makes it again")
