"""Scores are derived from stored predictions: made once, made again when something under them changed, never zero."""

import dataclasses
from functools import partial
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.catalog.sources import aligned_lines
from harness.catalog.sources.published import Layout
from harness.files.atomic import digest, write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.files.predictions import predictions_file, write_predictions
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.sweep import Sweep, TargetSpec
from harness.run.track.gold import Gold
from harness.run.track.score import read_scores, score
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.phase import Evaluate, slug
from harness.spec.record import Cost, Record

SWEEP = """
name: scored
models: [xlm_r/base]
intermediate: none
epochs: 1
batch_size: 8
targets: [{task: tatoeba, languages: [lt, pl], train: []}]
"""
PAIRS = {"lt": ("lit", ["vienas", "du", "trys", "keturi"]), "pl": ("pol", ["jeden", "dwa", "trzy", "cztery"])}
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
    write_predictions(evaluated.folder.predictions, "lt", {"0": [["0", 1.0]]})
    assert evaluated.score() == []
    assert not evaluated.folder.scores_file.exists()


def test_scores_are_written_once(evaluated: Evaluated) -> None:
    evaluated.finish(lt=["0", "1", "2", "0"], pl=["3", "1", "0", "0"])
    assert evaluated.score() == [identity(evaluated.study.leaves[0])]
    scores = read_scores(evaluated.folder)
    assert scores is not None
    found = {language: (row.values["score"], row.chance, row.n) for language, row in scores.languages.items()}
    assert found == {"lt": (75.0, 25.0, 4), "pl": (25.0, 25.0, 4)}
    assert scores.gold == {part.language: part.digest for part in evaluated.study.leaves[0].data.parts}
    assert scores.missing == {}
    assert evaluated.score() == []


def test_a_language_without_predictions_is_missing_and_the_others_are_scored(evaluated: Evaluated) -> None:
    evaluated.finish(lt=["0", "1", "2", "3"])
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages.keys() == {"lt"}
    assert "pl.jsonl" in scores.missing["pl"]
    assert evaluated.score() == []
    evaluated.finish(pl=["0", "1", "2", "3"])
    assert len(evaluated.score()) == 1


def test_an_unanswered_query_or_changed_gold_is_missing_never_zero(evaluated: Evaluated) -> None:
    evaluated.finish(lt=["0", "1", "2"], pl=["0", "1", "2", "3"])
    (evaluated.data / "tatoeba" / "tatoeba.pol-eng.pol").write_text("jeden\ndwa\ntrzy\npięć\n")
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages == {}
    assert scores.missing.keys() == {"lt", "pl"}
    assert "changed" in scores.missing["pl"]


def test_predictions_other_than_the_recorded_ones_are_not_scored(evaluated: Evaluated) -> None:
    evaluated.finish(lt=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    evaluated.score()
    file = predictions_file(evaluated.folder.predictions, "pl")
    file.write_text(file.read_text().replace("0.9", "0.8"))
    assert len(evaluated.score()) == 1
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert "changed since it was recorded" in scores.missing["pl"]


def test_predictions_that_were_not_recorded_are_not_scored(evaluated: Evaluated) -> None:
    evaluated.finish(lt=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    record = evaluated.folder.record()
    assert record is not None
    kept = {path: content for path, content in record.outputs.items() if path == "predictions/lt.jsonl"}
    write_json(evaluated.folder.record_file, dataclasses.replace(record, outputs=kept))
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages.keys() == {"lt"}
    assert "not among the recorded outputs" in scores.missing["pl"]


@pytest.mark.parametrize("row", ['{"id": "0", "prediction": null}', '{"id": 0, "prediction": "a"}', "[]", "3"])
def test_damaged_rows_make_their_language_missing(evaluated: Evaluated, row: str) -> None:
    file = predictions_file(evaluated.folder.predictions, "pl")
    file.parent.mkdir(parents=True)
    file.write_text(row + "\n")
    evaluated.finish(lt=["0", "1", "2", "3"])
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert scores.languages.keys() == {"lt"}
    assert "damaged predictions" in scores.missing["pl"]


def test_a_corrected_metric_scores_finished_work_again(evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated.finish(lt=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
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
    evaluated.finish(lt=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    evaluated.score()
    whole = evaluated.folder.scores_file.read_text()
    evaluated.folder.scores_file.write_text(whole[:50])
    assert len(evaluated.score()) == 1
    assert evaluated.folder.scores_file.read_text() == whole


def test_variants_are_scored_beside_the_headline_and_their_change_is_seen(evaluated: Evaluated) -> None:
    variant = evaluated.folder.predictions / "centred"
    write_predictions(variant, "lt", {str(n): [[str(n), 1.0]] for n in range(4)})
    evaluated.finish(lt=["0", "1", "2", "0"], pl=["3", "1", "0", "0"])
    record = evaluated.folder.record()
    assert record is not None
    outputs = {**record.outputs, "predictions/centred/lt.jsonl": digest(variant / "lt.jsonl")}
    write_json(evaluated.folder.record_file, dataclasses.replace(record, outputs=outputs))
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert {code: score.values for code, score in scores.languages.items()} == {
        "lt": {"score": 75.0, "centred": 100.0},
        "pl": {"score": 25.0},
    }
    assert evaluated.score() == []
    write_predictions(variant, "lt", {str(n): [["0", 1.0]] for n in range(4)})
    assert len(evaluated.score()) == 1
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert "changed since it was recorded" in scores.missing["lt"]
    assert scores.languages.keys() == {"pl"}


MINED = SWEEP.replace("tatoeba, languages: [lt, pl], train: []", "bucc2018, languages: [de]")


def mined_study(data: Path) -> Study:
    """Mining in three pairs of sentences, of which dev has the same."""
    (data / "bucc2018").mkdir(parents=True)
    for split in ("dev", "test"):
        base = f"bucc2018/de-en.{split}"
        (data / f"{base}.de").write_text("".join(f"de-00000000{n}\tsatz {n}\n" for n in range(3)))
        (data / f"{base}.en").write_text("".join(f"en-00000000{n}\tsentence {n}\n" for n in range(3)))
        (data / f"{base}.gold").write_text("".join(f"de-00000000{n}\ten-00000000{n}\n" for n in range(2)))
    access = DataAccess(
        partial(catalog_data.present, root=data), partial(catalog_data.pin, root=data), lambda data, evaluated: ()
    )
    sweep = from_yaml(Sweep, MINED, "mined.yaml")
    return expand(sweep, Datasets(access, [target for target in sweep.targets if isinstance(target, TargetSpec)]))


def finish_mining(folder: PhaseFolder, leaf: Evaluate, margins: list[float]) -> None:
    found = {f"de-00000000{n}": [[f"en-00000000{n}", margin]] for n, margin in enumerate(margins)}
    found |= {f"en-00000000{n}": [[f"de-00000000{n}", margin]] for n, margin in enumerate(margins)}
    write_predictions(folder.predictions, "de", found)
    outputs = {"predictions/de.jsonl": digest(folder.predictions / "de.jsonl")}
    record = Record(identity(leaf), slug(leaf), Cost(), outputs, "environment.json", "2026-01-01T00:00:00Z", "exact")
    write_json(folder.record_file, record)


def test_a_metric_with_a_threshold_is_tuned_on_the_other_evaluation_and_follows_it(tmp_path: Path) -> None:
    data, runs = tmp_path / "data", tmp_path / "runs"
    study = mined_study(data)
    leaf = study.leaves[0]
    assert leaf.tuning is not None
    finish_mining(folder_of(runs, leaf), leaf, [1.5, 1.2, 1.1])
    finish_mining(folder_of(runs, leaf.tuning), leaf.tuning, [1.5, 1.4, 1.0])
    score(runs, study, data)
    scores = read_scores(folder_of(runs, leaf))
    assert scores is not None
    assert scores.languages["de"].values["score"] == 100.0  # both above the 1.2 that dev says, the third below
    assert scores.languages["de"].n == 3
    assert scores.gold.keys() == scores.predictions.keys() == {"de", "tuning/de"}
    finish_mining(folder_of(runs, leaf.tuning), leaf.tuning, [1.5, 1.4, 1.3])
    assert score(runs, study, data) == [identity(leaf)]
    scores = read_scores(folder_of(runs, leaf))
    assert scores is not None
    assert scores.languages["de"].values["recall"] == 50.0


def test_a_pool_without_all_languages_is_said(data_folder: Path, tmp_path: Path) -> None:
    text = SWEEP.replace("tatoeba, languages: [lt, pl], train: []", "lareqa, languages: [de, en], train: []")
    access = DataAccess(
        partial(catalog_data.present, root=data_folder),
        partial(catalog_data.pin, root=data_folder),
        lambda data, evaluated: (),
    )
    sweep = from_yaml(Sweep, text, "pooled.yaml")
    study = expand(sweep, Datasets(access, [target for target in sweep.targets if isinstance(target, TargetSpec)]))
    leaf = study.leaves[0]
    folder = folder_of(tmp_path, leaf)
    for language in leaf.data.languages:
        rows = Gold(tmp_path, leaf, data_folder).answered(language)
        write_predictions(folder.predictions, language, {row.id: [[one, 1.0] for one in row.answers] for row in rows})
    outputs = {str(file.relative_to(folder.path)): digest(file) for file in folder.predictions.glob("*.jsonl")}
    record = Record(identity(leaf), slug(leaf), Cost(), outputs, "environment.json", "2026-01-01T00:00:00Z", "exact")
    write_json(folder.record_file, record)
    score(tmp_path, study, data_folder)
    scores = read_scores(folder)
    assert scores is not None
    assert scores.missing == {}
    found = {code: (one.values["score"], one.n, one.note) for code, one in scores.languages.items()}
    assert found == dict.fromkeys(("de", "en"), (100.0, 1190, "partial pool: candidates in 2 of 11 languages"))
    assert {"pool/de", "pool/en"} <= scores.gold.keys()


def test_a_part_of_a_test_set_is_said_and_one_that_the_sweep_cut_is_not(
    evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = find.task("tatoeba").source
    known = dataclasses.replace(source, layouts=(*source.layouts, *(counted(n) for n in (4, 5))))  # type: ignore[type-var]
    changed = dataclasses.replace(find.task("tatoeba"), source=known)
    monkeypatch.setattr(find, "task", lambda name: changed)
    evaluated.finish(lt=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    evaluated.score()
    scores = read_scores(evaluated.folder)
    assert scores is not None
    assert {code: one.note for code, one in scores.languages.items()} == {"lt": None, "pl": "4 of 5 published rows"}
    leaf = evaluated.study.leaves[0]
    cut = dataclasses.replace(leaf, data=dataclasses.replace(leaf.data, limit=2))
    assert Gold(evaluated.runs, cut, evaluated.data).partial("pl") is None


def counted(rows: int) -> Layout:
    """A place without files that tells how many rows were published: 4 in lt, 5 in pl."""
    return Layout(("test",), (f"nowhere/{rows}",), aligned_lines.read, {"test": {{4: "lt", 5: "pl"}[rows]: rows}})
