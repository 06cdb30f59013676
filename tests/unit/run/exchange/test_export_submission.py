"""What is exported is what the benchmark reads: gold exported as predictions scores 100 against exported labels."""

import dataclasses
from functools import partial
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.catalog.sources import aligned_lines
from harness.catalog.sources.published import Layout
from harness.catalog.submission import write
from harness.catalog.submission.sheets import SHEETS
from harness.files.atomic import digest, write_json
from harness.files.layout import folder_of
from harness.files.predictions import write_predictions
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.run.exchange.export_submission import Source, export_labels, export_submissions
from harness.run.exchange.submission import score_submission
from harness.spec.errors import HarnessError
from harness.spec.example import (
    ChoiceExample,
    PairExample,
    RetrievalExample,
    SpanExample,
    TaggedExample,
)
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.phase import slug
from harness.spec.record import Cost, Record

ROWS = {
    "xnli": [PairExample(str(n), "", "", label) for n, label in enumerate(("neutral", "entailment"))],
    "xcopa": [ChoiceExample(str(n), "", "", ("a", "b"), n) for n in (0, 1)],
    "udpos": [TaggedExample("0", ("a", "b"), ("X", "NOUN")), TaggedExample("1", ("c",), ("VERB",))],
    "xquad": [
        SpanExample("q1", "who?", "ivan sat", (("ivan", 0),)),
        SpanExample("q2", "who?", "moga ran", (("moga", 0),)),
    ],
    "tatoeba": [RetrievalExample(str(n), text, "", (str(n),)) for n, text in enumerate(("b", "c", "a"))],
    "mewslix": [RetrievalExample("m1", "x", None, ("Q1",)), RetrievalExample("m2", "y", None, ("Q2",))],
    "bucc2018": [RetrievalExample("de-1", "x", None, ("en-2",)), RetrievalExample("de-2", "y", None, ())],
}


@pytest.mark.parametrize("task", ROWS)
def test_gold_written_as_predictions_scores_100_against_gold_written_as_labels(tmp_path: Path, task: str) -> None:
    sheet, rows = SHEETS[task], ROWS[task]
    answers = {row.id: row.answers[0][0] for row in rows} if task == "xquad" else write.gold(rows)
    for name, text in (("labels", sheet.write_gold(rows)), ("predictions", sheet.write(rows, answers))):
        file = sheet.file(tmp_path / name, sheet.languages[0])
        file.parent.mkdir(parents=True)
        file.write_text(text)
    scored = score_submission(tmp_path / "predictions", tmp_path / "labels")
    assert scored.refused == ()
    assert set(scored.tasks[task].languages[sheet.languages[0]].values()) == {100.0}  # type: ignore[union-attr]


def test_tatoeba_is_written_in_the_order_of_the_sorted_english_sentences() -> None:
    predictions = {"0": [["7", 0.5], ["1", 0.1]], "1": [["8", 0.5]], "2": [["9", 0.5]]}
    assert write.indices(ROWS["tatoeba"], predictions) == "9\n7\n8\n"


SWEEP = """
name: exported
models: [xlm_r/base]
intermediate: none
epochs: 1
batch_size: 8
targets: [{task: tatoeba, languages: [lt, pl], train: []}]
seeds: SEEDS
"""
ENGLISH = ["one", "two", "three", "four"]
OTHER = {"lt": ("lit", ["vienas", "du", "trys", "keturi"]), "pl": ("pol", ["jeden", "dwa", "trzy", "cztery"])}


def study_of(data: Path, text: str) -> Study:
    access = DataAccess(
        partial(catalog_data.present, root=data), partial(catalog_data.pin, root=data), lambda data, evaluated: ()
    )
    sweep = from_yaml(Sweep, text, "exported.yaml")
    return expand(sweep, Datasets(access, targets_of(sweep)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "tatoeba"
    folder.mkdir(parents=True)
    for code, sentences in OTHER.values():
        (folder / f"tatoeba.{code}-eng.{code}").write_text("\n".join(sentences) + "\n")
        (folder / f"tatoeba.{code}-eng.eng").write_text("\n".join(ENGLISH) + "\n")
    return tmp_path / "data"


def finish(runs: Path, study: Study, **answers: list[str]) -> None:
    for leaf in study.leaves:
        folder = folder_of(runs, leaf)
        for language, first in answers.items():
            ranked = {str(query): [[candidate, 0.9]] for query, candidate in enumerate(first)}
            write_predictions(folder.predictions, language, ranked)
        outputs = {str(file.relative_to(folder.path)): digest(file) for file in folder.predictions.glob("*.jsonl")}
        record = Record(identity(leaf), slug(leaf), Cost(), outputs, "", "2026-01-01T00:00:00Z", "exact")
        write_json(folder.record_file, record)


def test_a_submission_scores_what_the_harness_scores(tmp_path: Path, data: Path) -> None:
    study = study_of(data, SWEEP.replace("SEEDS", "[1]"))
    source = Source(tmp_path / "runs", data)
    finish(source.runs, study, lt=["0", "1", "2", "0"], pl=["3", "1", "0", "0"])
    (told,) = export_submissions(source, study, tmp_path / "out")
    assert "2 files of tatoeba" in told
    assert (tmp_path / "out/tatoeba/test-lt.tsv").read_text() == "0\n0\n2\n1\n"  # four, one, three, two
    export_labels(source, study, tmp_path / "gold")
    scored = score_submission(tmp_path / "out", tmp_path / "gold").tasks["tatoeba"].languages
    assert (scored["lt"], scored["pl"]) == ({"accuracy": 75.0}, {"accuracy": 25.0})


def test_missing_predictions_are_named_and_nothing_is_written(tmp_path: Path, data: Path) -> None:
    study = study_of(data, SWEEP.replace("SEEDS", "[1]"))
    source = Source(tmp_path / "runs", data)
    with pytest.raises(HarnessError, match=r"seeds 0/1: .*tatoeba/pl: phase \w+ is not finished"):
        export_submissions(source, study, tmp_path / "out")
    finish(source.runs, study, lt=["0", "1", "2", "0"], pl=["3", "1"])
    with pytest.raises(HarnessError, match="tatoeba/pl: 2 predictions are missing, that of '2'"):
        export_submissions(source, study, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_part_of_the_published_rows_is_no_submission(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(data, SWEEP.replace("SEEDS", "[1]"))
    source = Source(tmp_path / "runs", data)
    finish(source.runs, study, lt=["0", "1", "2", "0"], pl=["3", "1", "0", "0"])
    task = find.task("tatoeba")
    told = Layout(("test",), ("nowhere",), aligned_lines.read, {"test": {"pl": 1_000}})
    files = dataclasses.replace(task.source, layouts=(*task.source.layouts, told))  # type: ignore[type-var]
    monkeypatch.setattr(find, "task", lambda name: dataclasses.replace(task, source=files))
    for export in (export_submissions, export_labels):
        with pytest.raises(HarnessError, match="tatoeba/pl: 4 of 1,000 published rows; a submission wants its whole"):
            export(source, study, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_point_is_chosen_by_its_label_and_several_have_a_folder_each(tmp_path: Path, data: Path) -> None:
    study = study_of(data, SWEEP.replace("SEEDS", "{target: [1, 2]}"))
    source = Source(tmp_path / "runs", data)
    finish(source.runs, study, lt=["0", "1", "2", "3"], pl=["0", "1", "2", "3"])
    export_submissions(source, study, tmp_path / "all")
    assert {path.name for path in (tmp_path / "all").iterdir()} == {
        f"xlm_r-base-none-seeds-0-{seed}" for seed in (1, 2)
    }
    export_submissions(source, study, tmp_path / "one", study.points[1].at.label)
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["tatoeba"]
    with pytest.raises(HarnessError, match="there is no point 'nobody'"):
        export_submissions(source, study, tmp_path / "other", "nobody")
    with pytest.raises(HarnessError, match="not empty"):
        export_submissions(source, study, tmp_path / "one")


def test_a_part_of_a_test_set_and_two_tasks_with_the_same_files_are_no_submission(tmp_path: Path, data: Path) -> None:
    source = Source(tmp_path / "runs", data)
    part = study_of(data, SWEEP.replace("SEEDS", "[1]").replace("train: []", "train: [], limit: 2"))
    with pytest.raises(HarnessError, match="the first 2 rows"):
        export_submissions(source, part, tmp_path / "out")
    twice = SWEEP.replace("SEEDS", "[1]").replace("train: []}", "train: []}, {task: tatoeba_raw, languages: [lt]}")
    with pytest.raises(HarnessError, match="both submitted as tatoeba; choose with --suite"):
        export_submissions(source, study_of(data, twice), tmp_path / "out")
    with pytest.raises(HarnessError, match="there is no suite 'xtrem'"):
        export_submissions(dataclasses.replace(source, suite="xtrem"), part, tmp_path / "out")
