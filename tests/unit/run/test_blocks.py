"""Scores of blocks of the test items: which items, of which metrics, and how scores of earlier versions get them."""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.files.atomic import digest, write_json
from harness.files.layout import folder_of
from harness.files.predictions import write_predictions
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.study import Study
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.run.track.gold import Gold
from harness.run.track.score import read_scores, score
from harness.spec.identity import identity
from harness.spec.load import from_yaml
from harness.spec.phase import Evaluate, slug
from harness.spec.record import BLOCKS, Cost, Record

SWEEP = """
name: blocks
models: [xlm_r/base]
intermediate: none
epochs: 1
batch_size: 8
targets: [{task: TASK, languages: LANGUAGES, limit: LIMIT}]
"""


def study_of(task: str, languages: str, limit: int, data: Path | None = None) -> Study:
    text = SWEEP.replace("TASK", task).replace("LANGUAGES", languages).replace("LIMIT", str(limit))
    sweep = from_yaml(Sweep, text, "blocks.yaml")
    access = DataAccess(
        partial(catalog_data.present, root=data), partial(catalog_data.pin, root=data), lambda data, evaluated: ()
    )
    return expand(sweep, Datasets(access, targets_of(sweep)))


def finish(runs: Path, leaf: Evaluate, data: Path | None, answer: Callable[[int, Any], Any]) -> None:
    """Predictions of every row by its place, and the record."""
    folder = folder_of(runs, leaf)
    for language in leaf.data.languages:
        rows = Gold(runs, leaf, data).answered(language)
        write_predictions(folder.predictions, language, {row.id: answer(n, row) for n, row in enumerate(rows)})
    outputs = {str(file.relative_to(folder.path)): digest(file) for file in folder.predictions.glob("*.jsonl")}
    record = Record(identity(leaf), slug(leaf), Cost(), outputs, "environment.json", "2026-01-01T00:00:00Z", "exact")
    write_json(folder.record_file, record)


def test_an_item_is_in_the_block_of_its_place_and_blocks_weigh_together_what_the_headline_is(tmp_path: Path) -> None:
    (leaf,) = study_of("toy_nli", "[ha]", 50).leaves
    finish(tmp_path, leaf, None, lambda n, row: row.label if n % BLOCKS in (0, 13) else "no label")
    found = Gold(tmp_path, leaf, None).score("ha")
    assert found.n == 50
    assert [block for block, value in enumerate(found.blocks) if value] == [0, 13]
    sizes = [len(range(block, 50, BLOCKS)) for block in range(BLOCKS)]
    whole = sum(size * value for size, value in zip(sizes, found.blocks, strict=True) if value is not None) / 50
    assert found.values["score"] == pytest.approx(whole) == 100 * 5 / 50


def test_fewer_items_than_blocks_leave_the_last_without_a_score(tmp_path: Path) -> None:
    (leaf,) = study_of("toy_senses", "[ha]", 3).leaves
    finish(tmp_path, leaf, None, lambda n, row: list(row.tags))
    assert Gold(tmp_path, leaf, None).score("ha").blocks == (*[100.0] * 3, *[None] * (BLOCKS - 3))


def test_questions_with_a_pool_are_scored_in_blocks_against_the_whole_of_it(tmp_path: Path, data_folder: Path) -> None:
    (leaf,) = study_of("lareqa", "[de, en]", 50, data_folder).leaves
    finish(tmp_path, leaf, data_folder, lambda n, row: [[one, 1.0] for one in (row.answers if n % BLOCKS else ["?"])])
    found = Gold(tmp_path, leaf, data_folder).score("de")
    assert found.blocks[:2] == (0.0, 100.0)
    assert found.values["score"] == pytest.approx(100 * 47 / 50)


def test_pairs_that_all_rows_compete_for_have_no_blocks() -> None:
    assert not find.task("bucc2018").metric.by_items
    assert find.task("tatoeba").metric.by_items


def test_scores_of_an_earlier_version_are_given_their_blocks_once(tmp_path: Path) -> None:
    study = study_of("toy_nli", "[ha, za]", 50)
    (leaf,) = study.leaves
    finish(tmp_path, leaf, None, lambda n, row: row.label)
    score(tmp_path, study, None)
    folder = folder_of(tmp_path, leaf)
    scores = read_scores(folder)
    without = {code: dataclasses.replace(one, blocks=()) for code, one in scores.languages.items()}
    write_json(folder.scores_file, dataclasses.replace(scores, languages=without))
    assert score(tmp_path, study, None) == [identity(leaf)]
    assert read_scores(folder) == scores
    assert score(tmp_path, study, None) == []


def test_scores_whose_gold_is_gone_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of("toy_nli", "[ha]", 50)
    (leaf,) = study.leaves
    finish(tmp_path, leaf, None, lambda n, row: row.label)
    score(tmp_path, study, None)
    folder = folder_of(tmp_path, leaf)
    scores = read_scores(folder)
    without = {code: dataclasses.replace(one, blocks=()) for code, one in scores.languages.items()}
    write_json(folder.scores_file, dataclasses.replace(scores, languages=without))
    monkeypatch.setattr(catalog_data, "rows", lambda data, root: iter(()))
    assert score(tmp_path, study, None) == []
    assert read_scores(folder).languages == without
