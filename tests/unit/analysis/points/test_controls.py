"""The control without pretraining: shown beside the baseline, on no curve, and in no sentence about curves."""

from typing import Any

import pytest

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import curves
from harness.analysis.points.splits import split_of
from harness.analysis.tables.language_tables import per_language
from harness.analysis.tables.point_tables import points_table, slopes
from harness.analysis.values import Missing
from harness.spec.phase import Evaluate, lineage

SWEEP = """
name: random
models: [{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90}, text: [{task: toy_text}],
  pretrain: {duration: {unit: epochs, amount: 1}, batch_size: 16, learning_rate: 1e-3}}]
intermediate: [toy_qa]
epochs: [1, 2]
batch_size: 16
controls: [no_pretraining]
targets: [{task: toy_senses, languages: [en, ha, za]}, {task: toy_retrieval, languages: [ha]}]
seeds: [1, 2, 3]
"""


def score(leaf: Evaluate, language: str) -> float:
    """30 points less without pretraining."""
    stages = list(lineage(leaf))
    pretrained = any(phase.role == "pretrain" for phase in stages)
    return 60.0 + 30.0 * pretrained + len(stages) + 0.1 * sum(phase.recipe.seed for phase in stages)


@pytest.fixture
def answer(make: Any) -> Answer:
    study = make.study(SWEEP)
    return make.answer(study, make.results(study, score))


def test_its_difference_to_the_baseline_is_a_gain_and_on_no_curve(answer: Answer) -> None:
    own = [gain for gain in answer.gains if gain.at.control == "no_pretraining"]
    assert len(own) == 3
    for gain in own:
        assert gain.baseline.at.is_baseline
        assert gain.baseline.at.target_seed == gain.at.target_seed
        assert gain.cells["toy_retrieval"]["ha"] == pytest.approx(-31.0)
        assert gain.aggregates["en"] == pytest.approx(-31.0)
        assert gain.point.cost.before_target == 0
    assert {curve.series.control for curve in answer.curves} == {None}
    assert curves(own) == ()


def test_the_points_and_language_tables_show_it_and_the_slopes_do_not(answer: Answer) -> None:
    table = points_table(answer)
    assert table.columns[:4] == ("intermediate", "control", "epochs", "stage seed")
    rows = [row for row in table.sections[0] if "no_pretraining" in row]
    assert [row[:4] for row in rows] == [("none", "no_pretraining", "", "")] * 3
    assert all("-31.0" in row for row in rows)
    (languages,) = per_language(answer)
    assert languages.columns[3:] == ("baseline", "no_pretraining", "toy_qa")
    assert next(row for row in languages.sections[0] if row[1] == "za")[4].endswith("(-31.0)")
    assert any("random weights" in note for note in languages.notes)
    shown = slopes(answer)
    assert "no_pretraining" not in str(shown)
    assert [row[0] for row in shown.sections[0]] == ["toy_qa · batch 16"]


def test_languages_are_split_by_the_text_of_the_pretrained_model(make: Any) -> None:
    split = split_of(make.study(SWEEP), lambda data: {"ha": 50_000})
    assert split.level("toy", "ha") == "high"
    assert split.level("toy", "za") == "unseen"


def test_a_published_model_has_none_and_the_reason_is_told(make: Any) -> None:
    answer = make.answer(make.study(SWEEP.replace("models: [", "models: [xlm_r/base, ")))
    lost = [point for point in answer.points if point.at.control and point.at.model == "xlm_r/base"]
    assert len(lost) == 3
    assert all("published with its weights" in reason for point in lost for reason in point.missing.values())
    assert all(isinstance(value, Missing) for value in lost[0].aggregates.values())
    languages, other = per_language(answer)
    assert "missing" not in str(other)
    assert {row[4] for row in languages.sections[0]} == {"missing"}
