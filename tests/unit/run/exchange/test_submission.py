"""Submissions score as the benchmark scores them: its files, its values, its means, to the last digit."""

import json
from pathlib import Path

import pytest

from harness.analysis.values import Missing
from harness.catalog.submission.sheets import SHEETS, suite_languages
from harness.run.exchange.submission import score_submission
from tests.unit.run.exchange.submissions import make, write

# google-research/xtreme, evaluate_test.py @da430dd: the averages of its mock submission, of which a part is at hand.
MOCK = {
    "xnli": {"avg_accuracy": 30.666666666666668},
    "pawsx": {"avg_accuracy": 51.42857142857143},
    "panx": {"avg_f1": 57.50793650793652, "avg_precision": 54.729166666666664, "avg_recall": 62.750000000000014},
    "udpos": {"avg_f1": 70.21746048354693, "avg_precision": 71.02232625883823, "avg_recall": 69.54982073976082},
    "bucc2018": {"avg_f1": 55.0, "avg_precision": 55.0, "avg_recall": 55.0},
    "tatoeba": {"avg_accuracy": 53.611111111111114},
    "xquad": {"avg_exact_match": 77.27272727272727, "avg_f1": 79.9586776859504},
    "mlqa": {"avg_exact_match": 57.142857142857146, "avg_f1": 81.76870748299321},
    "tydiqa": {"avg_exact_match": 88.88888888888889, "avg_f1": 97.22222222222223},
    "mewslix": {"avg_map@20": 14.39025156130419},
}


def test_the_mock_submission_has_the_official_averages_to_the_last_digit(data_folder: Path) -> None:
    scored = score_submission(data_folder / "xtreme_mock/predictions", data_folder / "xtreme_mock/labels")
    found = {task: scores.averages() for task, scores in scored.tasks.items()}
    assert {task: {name: own[name] for name in MOCK[task]} for task, own in found.items()} == {
        t: MOCK[t] for t in found
    }
    assert found.keys() >= {"xnli", "pawsx", "tatoeba", "mewslix"}
    assert scored.refused == ()


@pytest.mark.parametrize("task", SHEETS)
def test_every_task_gives_the_values_of_the_benchmark(tmp_path: Path, task: str) -> None:
    language = SHEETS[task].languages[0]
    folders = make(tmp_path, task, [language], lambda _: 3)
    (scores,) = score_submission(*folders).tasks.values()
    expected = {
        "accuracy": {"accuracy": 75.0},
        "f1": {"f1": 75.0, "precision": 75.0, "recall": 75.0},
        "exact_match": {"exact_match": 75.0, "f1": 100 * (3 + 2 / 3) / 4},
        "map@20": {"map@20": 100 * (3 + 0.5) / 4},
    }
    own = scores.languages[language]
    assert own == pytest.approx(expected[next(iter(SHEETS[task].values.values()))])


def test_arithmetic_is_the_benchmarks_and_not_only_equal_to_it(tmp_path: Path) -> None:
    gold = "".join(f"{number % 2}\n" for number in range(100))
    found = "".join(f"{number % 2 if number < 29 else 2}\n" for number in range(100))
    scored = score_submission(*write(tmp_path, "pawsx", "de", gold, found)).tasks["pawsx"].languages["de"]
    assert scored == {"accuracy": 28.999999999999996}


def test_bare_tags_are_chunks_by_the_rule_of_old_seqeval(tmp_path: Path) -> None:
    folders = write(tmp_path, "udpos", "af", "NOUN\nNOUN\nSCONJ\n\nCCONJ\nVERB\n", "NOUN\nNOUN\nSCONJ\n\nSCONJ\nVERB\n")
    assert score_submission(*folders).tasks["udpos"].languages["af"] == pytest.approx(
        {"f1": 75.0, "precision": 75.0, "recall": 75.0}
    )


def test_chinese_answers_are_compared_by_character_in_mlqa_and_by_word_in_xquad(tmp_path: Path) -> None:
    gold = {"data": [{"paragraphs": [{"qas": [{"id": "1", "answers": [{"text": "北京市"}]}]}]}]}
    for task in ("mlqa", "xquad"):
        write(tmp_path, task, "zh", json.dumps(gold), json.dumps({"1": "北京"}))
    scored = score_submission(tmp_path / "predictions", tmp_path / "labels")
    assert scored.tasks["mlqa"].languages["zh"] == pytest.approx({"exact_match": 0.0, "f1": 80.0})
    assert scored.tasks["xquad"].languages["zh"] == {"exact_match": 0.0, "f1": 0.0}


def test_absent_answers_and_rankings_count_as_wrong_and_are_said(tmp_path: Path) -> None:
    for task, gold in (("xquad", "the"), ("mewslix", "Q1")):
        make(tmp_path, task, ["de"], lambda _: 4)
        path = SHEETS[task].file(tmp_path / "predictions", "de")
        path.write_text(json.dumps({key: value for key, value in json.loads(path.read_text()).items() if key != "2"}))
        if task == "xquad":  # an answer that is an article alone: nothing at all would be right
            labels = SHEETS[task].file(tmp_path / "labels", "de")
            labels.write_text(labels.read_text().replace("word2 tail", gold))
    scored = score_submission(tmp_path / "predictions", tmp_path / "labels")
    assert scored.tasks["xquad"].languages["de"] == {"exact_match": 75.0, "f1": 75.0}
    assert scored.tasks["mewslix"].languages["de"] == {"map@20": 75.0}
    assert all("1 of 4 predictions are absent" in scored.tasks[task].notes[0] for task in ("xquad", "mewslix"))


def test_a_missing_language_is_named_and_makes_the_mean_of_its_task_missing(tmp_path: Path) -> None:
    folders = make(tmp_path, "pawsx", SHEETS["pawsx"].languages, lambda _: 2)
    SHEETS["pawsx"].file(folders[0], "ko").unlink()
    scored = score_submission(*folders)
    assert scored.tasks["pawsx"].averages()["avg_metric"] == Missing("missing: ko")
    plain = scored.plain()["tasks"]["pawsx"]
    assert (plain["avg_accuracy"], plain["avg_metric"]) == (None, None)
    assert list(plain["missing"]) == ["ko"]
    assert "test-ko.tsv is not there" in plain["missing"]["ko"]
    assert scored.overall("xtreme")["classification"] == Missing("missing: pawsx, xnli")


@pytest.mark.parametrize(("extra", "suite"), [((), "xtreme"), (("ro",), "xtreme_r")])
def test_the_labels_say_whose_languages_count(tmp_path: Path, extra: tuple[str, ...], suite: str) -> None:
    own = suite_languages("xtreme")["panx"]
    folders = make(tmp_path, "panx", [*own, *extra], lambda _: 3)
    scored = score_submission(*folders)
    scores = scored.tasks["panx"]
    assert scores.suite == suite
    assert scores.averages("xtreme")["avg_metric"] == 75.0
    assert isinstance(scores.averages()["avg_metric"], Missing) is bool(extra)
    assert score_submission(*folders, suite="xtreme").tasks["panx"].averages()["avg_metric"] == 75.0


def test_a_whole_submission_has_its_groups_and_overall_scores(tmp_path: Path) -> None:
    for task, languages in {**suite_languages("xtreme"), **suite_languages("xtreme_r")}.items():
        make(tmp_path, task, languages, lambda code: 2 if code == "de" else 3)
    scored = score_submission(tmp_path / "predictions", tmp_path / "labels")
    own = {
        task: scores.averages("xtreme_r") for task, scores in scored.tasks.items() if task not in ("pawsx", "bucc2018")
    }
    found = scored.overall("xtreme_r")
    by_f1 = [one.get("avg_f1", one["avg_metric"]) for one in own.values()]
    assert found["score"] == pytest.approx(sum(one["avg_metric"] for one in own.values()) / 10)
    assert found["score_f1"] == pytest.approx(sum(by_f1) / 10)
    assert found["retrieval"] == (own["tatoeba"]["avg_metric"] + own["mewslix"]["avg_metric"]) / 2
    assert found["multi_choice"] == own["xcopa"]["avg_metric"]
    trained = ("xnli", "xcopa", "udpos", "panx", "xquad", "mlqa", "tydiqa")
    assert found["score_without_retrieval"] == pytest.approx(sum(own[task]["avg_metric"] for task in trained) / 7)
    assert not any(isinstance(value, Missing) for value in scored.overall("xtreme").values())
