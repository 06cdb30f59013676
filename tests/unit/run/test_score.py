"""Scores are derived from stored predictions: made once, made again when something under them changed, never zero."""

import dataclasses
from functools import partial
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.files.atomic import digest, write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.files.predictions import predictions_file, write_predictions
from harness.plan.datasets import DataAccess, Datasets
from harness.plan.expand import expand
from harness.plan.study import Study
from harness.plan.sweep import Sweep, TargetSpec
from harness.run.score import read_scores, score
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.phase import slug
from harness.spec.record import Cost, Record

SWEEP = """
name: scored
models: [xlm_r/base]
intermediate: none
epochs: 1
batch_size: 8
targets: [{task: tatoeba, languages: [nl, pl], train: []}]
"""
PAIRS = {"nl": ("nld", ["een", "twee", "drie", "vier"]), "pl": ("pol", ["jeden", "dwa", "trzy", "cztery"])}
ENGLISH = ["one", "two", "three", "four"]


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """A finished evaluation of two languages on made-up files."""

    data: Path
    runs: Path
    study: Study

    @property
    def folder(self) -> PhaseFolder:
        return folder_of(self.runs, self.study.leaves[0])

    def finish(self, **answers: list[str]) -> None:
        """Write predictions of some languages and the record, `answers` giving the first candidate of each query."""
        for language, first in answers.items():
            ranked = {str(query): [[candidate, 0.9]] for query, candidate in enumerate(first)}
            write_predictions(self.folder.predictions, language, ranked)
        leaf = self.study.leaves[0]
        outputs = {
            str(file.relative_to(self.folder.path)): digest(file) for file in self.folder.predictions.glob("*.jsonl")
        }
        write_json(
            self.folder.record_file,
            Record(identity(leaf), slug(leaf), Cost(), outputs, "environment.json", "2026-01-01T00:00:00Z", "exact"),
        )

    def score(self) -> list[str]:
        return score(self.runs, self.study, self.data)


@pytest.fixture
def evaluated(tmp_path: Path) -> Evaluated:
    data = tmp_path / "data"
    (data / "tatoeba").mkdir(parents=True)
    for code, sentences in PAIRS.values():
        (data / "tatoeba" / f"tatoeba.{code}-eng.{code}").write_text("\n".join(sentences) + "\n")
        (data / "tatoeba" / f"tatoeba.{code}-eng.eng").write_text("\n".join(ENGLISH) + "\n")
    access = DataAccess(
        partial(catalog_data.present, root=data), partial(catalog_data.pin, root=data), lambda data, evaluated: ()
    )
    sweep = from_yaml(Sweep, SWEEP, "scored.yaml")
    study = expand(sweep, Datasets(access, [target for target in sweep.targets if isinstance(target, TargetSpec)]))
    return Evaluated(data, tmp_path / "runs", study)


def test_an_unfinished_evaluation_is_not_scored(evaluated: Evaluated) -> None:
    write_predictions(evaluated.folder.predictions, "nl", {"0": [["0", 1.0]]})
    assert evaluated.score() == []
    assert not evaluated.folder.scores_file.exists()


def test_scores_are_written_once(evaluated: Evaluated) -> None:
    evaluated.finish(nl=["0", "1", "2", "0"], pl=["3", "1", "0", "0"])
    assert evaluated.score() == [identity(evaluated.study.leaves[0])]
    scores = read_scores(evaluated.folder)
    assert scores is not None
    found = {language: (row.values["score"], row.chance, row.n) for language, row in scores.languages.items()}
    assert found == {"nl": (75.0, 25.0, 4), "pl": (25.0, 25.0, 4)}
    assert scores.gold == {part.language: part.digest for part in evaluated.study.leaves[0].data.parts}
    assert scores.missing == {}
    assert evaluated.score() == []


def test_a_language_without_predictions_is_missing_and_the_others_are_scored(evaluated: Evaluated) -> None:
    evaluated.finish(nl=["0", "1", "2", "3"])
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages.keys() == {"nl"}
    assert "pl.jsonl" in scores.missing["pl"]
    assert evaluated.score() == []
    evaluated.finish(pl=["0", "1", "2", "3"])
    assert len(evaluated.score()) == 1


def test_an_unanswered_query_or_changed_gold_is_missing_never_zero(evaluated: Evaluated) -> None:
    evaluated.finish(nl=["0", "1", "2"], pl=["0", "1", "2", "3"])
    (evaluated.data / "tatoeba" / "tatoeba.pol-eng.pol").write_text("jeden\ndwa\ntrzy\npięć\n")
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages == {}
    assert scores.missing.keys() == {"nl", "pl"}
    assert "changed" in scores.missing["pl"]


def test_predictions_other_than_the_recorded_ones_are_not_scored(evaluated: Evaluated) -> None:
    evaluated.finish(nl=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    evaluated.score()
    file = predictions_file(evaluated.folder.predictions, "pl")
    file.write_text(file.read_text().replace("0.9", "0.8"))
    assert len(evaluated.score()) == 1
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert "changed since it was recorded" in scores.missing["pl"]


def test_predictions_that_were_not_recorded_are_not_scored(evaluated: Evaluated) -> None:
    evaluated.finish(nl=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    record = evaluated.folder.record()
    assert record is not None
    kept = {path: content for path, content in record.outputs.items() if path == "predictions/nl.jsonl"}
    write_json(evaluated.folder.record_file, dataclasses.replace(record, outputs=kept))
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages.keys() == {"nl"}
    assert "not among the recorded outputs" in scores.missing["pl"]


@pytest.mark.parametrize("row", ['{"id": "0", "prediction": null}', '{"id": 0, "prediction": "a"}', "[]", "3"])
def test_damaged_rows_make_their_language_missing(evaluated: Evaluated, row: str) -> None:
    file = predictions_file(evaluated.folder.predictions, "pl")
    file.parent.mkdir(parents=True)
    file.write_text(row + "\n")
    evaluated.finish(nl=["0", "1", "2", "3"])
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages.keys() == {"nl"}
    assert "damaged predictions" in scores.missing["pl"]


def test_a_corrected_metric_scores_finished_work_again(evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated.finish(nl=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    evaluated.score()
    task = find.task("tatoeba")
    assert task.metric is not None
    newer = dataclasses.replace(task, metric=dataclasses.replace(task.metric, version=task.metric.version + 1))
    monkeypatch.setattr(find, "task", lambda name: newer)
    assert len(evaluated.score()) == 1
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.metric_version == task.metric.version + 1


def test_damaged_scores_are_made_again(evaluated: Evaluated) -> None:
    evaluated.finish(nl=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    evaluated.score()
    whole = evaluated.folder.scores_file.read_text()
    evaluated.folder.scores_file.write_text(whole[:50])
    assert len(evaluated.score()) == 1
    assert evaluated.folder.scores_file.read_text() == whole
