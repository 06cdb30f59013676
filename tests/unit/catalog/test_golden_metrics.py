"""Scores that others published for given predictions, to the last digit printed."""

import json
from pathlib import Path
from statistics import mean

import pytest

from harness.catalog import data
from harness.catalog.metrics import accuracy, nearest, squad, squad_v2
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, RetrievalExample, SpanExample


def mock(folder: Path, task: str) -> dict[str, tuple[list[str], list[str]]]:
    """Labels and predictions by language of XTREME's mock submission."""
    files = sorted((folder / "xtreme_mock/labels" / task).iterdir())
    return {
        file.stem: (
            file.read_text().split(),
            (folder / "xtreme_mock/predictions" / task / file.name).read_text().split(),
        )
        for file in files
    }


def test_xnli_average_of_xtreme(real_data):
    scores = []
    for labels, predicted in mock(real_data, "xnli").values():
        gold = [PairExample(str(n), "", "", label) for n, label in enumerate(labels)]
        scores.append(accuracy.score(gold, dict(zip(map(str, range(len(gold))), predicted, strict=True)), "")["score"])
    assert round(mean(scores), 4) == 30.6667


def test_tatoeba_average_of_xtreme(real_data):
    scores = []
    for labels, predicted in mock(real_data, "tatoeba").values():
        gold = [RetrievalExample(label, "", "", (label,)) for label in labels]
        ranked = {label: [[found, 1.0]] for label, found in zip(labels, predicted, strict=True)}
        scores.append(nearest.score(gold, ranked, "")["score"])
    assert round(mean(scores), 4) == 53.6111


def test_squad_scores_of_the_bert_ensemble(real_data):
    (file,) = (real_data / "squad_v1_predictions").glob("*.json")
    gold = [example for _, example in data.rows(data.dataset("xquad", "test", ("en",)), real_data)]
    scores = squad.score(gold, json.loads(file.read_text()), "en")
    assert (round(scores["exact_match"], 4), round(scores["f1"], 4)) == (74.8739, 86.3247)
    assert scores["score"] == (scores["exact_match"] + scores["f1"]) / 2


QUESTIONS = [
    SpanExample("a", "Who?", "The big cat sat down.", (("The big cat", 0), ("big cat sat", 4))),
    SpanExample("b", "When?", "Nobody knows.", ()),
]


def test_squad_takes_the_best_answer_and_ignores_articles_and_signs():
    assert squad.score(QUESTIONS, {"a": "a Big cat!", "b": ""}, "en")["score"] == 100
    assert squad.score(QUESTIONS, {"a": "cat sat", "b": ""}, "en") == {"exact_match": 50, "f1": 90, "score": 70}


def test_an_answer_without_words_is_shared_by_nothing_in_squad_and_no_answer_in_its_second_version():
    vitamin = [SpanExample("a", "Which?", "Vitamin A helps.", (("A", 8),))]
    assert squad.score(vitamin, {"a": "A"}, "en") == {"exact_match": 100, "f1": 0, "score": 50}
    assert (
        squad_v2.score(vitamin, {"a": "A"}, "en")["score"] == squad_v2.score(vitamin, {"a": ""}, "en")["score"] == 100
    )


def test_the_second_version_of_squad_wants_nothing_where_there_is_no_answer():
    assert squad_v2.score(QUESTIONS, {"a": "a Big cat!", "b": ""}, "en")["score"] == 100
    assert squad_v2.score(QUESTIONS, {"a": "", "b": "Nobody"}, "en")["score"] == 0
    assert squad_v2.score(QUESTIONS, {"a": "", "b": "the"}, "en")["score"] == 50
    assert squad_v2.chance(QUESTIONS, "en") == 50


def test_f1_is_in_the_arithmetic_of_the_official_script():
    gold = [SpanExample(str(n), "?", "a b c d e f g", (("b c d", 2),)) for n in range(3)]
    found = squad.score(gold, {"0": "b c d e f g", "1": "b", "2": "b c"}, "en")["f1"]
    halves = [(3 / 6, 3 / 3), (1 / 1, 1 / 3), (2 / 2, 2 / 3)]
    assert found == 100.0 * sum(2 * p * r / (p + r) for p, r in halves) / 3


def test_a_question_without_a_prediction_is_an_error():
    with pytest.raises(HarnessError, match="no prediction for example 'a'"):
        squad.score(QUESTIONS, {"b": ""}, "en")


def test_squad_chance_is_the_better_of_everything_and_nothing():
    assert squad.chance(QUESTIONS, "en") == 50
    assert squad.chance(QUESTIONS[:1], "en") == pytest.approx(100 * (2 * 3 / (3 + 4)) / 2)


def test_accuracy_chance_is_the_majority():
    gold = [PairExample(str(n), "", "", label) for n, label in enumerate("xxxy")]
    assert accuracy.chance(gold, "en") == 75


def test_accuracy_of_choices_compares_their_places():
    gold = [ChoiceExample(str(n), "", "", ("a", "b", "c"), label) for n, label in enumerate([0, 2, 1, 0])]
    assert accuracy.score(gold, {"0": 0, "1": 2, "2": 0, "3": 1}, "en") == {"score": 50}
    assert accuracy.chance(gold, "en") == 50


@pytest.mark.parametrize(
    ("metric", "hidden"),
    [
        (accuracy, PairExample("1", "", "", None)),
        (accuracy, ChoiceExample("1", "", "", ("a", "b"), None)),
        (squad, SpanExample("1", "", "", (("", 0),))),
    ],
)
def test_placeholder_labels_are_not_scored(metric, hidden):
    with pytest.raises(HarnessError, match="placeholder"):
        metric.score([hidden], {"1": ""}, "en")


def test_a_missing_prediction_is_an_error():
    with pytest.raises(HarnessError, match="no prediction for example '7'"):
        accuracy.score([PairExample("7", "", "", "x")], {}, "en")
