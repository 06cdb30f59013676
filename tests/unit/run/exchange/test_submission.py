"""Submissions score as the benchmark scores them: its files, its values, its means, to the last digit."""

import errno
import json
import os
from pathlib import Path

import pytest

from harness.analysis.values import Missing
from harness.catalog.submission.sheets import SHEETS, suite_languages
from harness.cli import main
from harness.run.exchange.submission import score_submission
from harness.spec.errors import HarnessError
from tests.unit.run.exchange.submissions import make

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


def write(folder: Path, task: str, language: str, labels: str, predictions: str) -> tuple[Path, Path]:
    for name, text in (("labels", labels), ("predictions", predictions)):
        path = SHEETS[task].file(folder / name, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "predictions", folder / "labels"


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


REFUSED = {
    ("xnli", "neutral\n" * 20): "placeholders",
    ("xcopa", '{"label": 0}\n' * 20): "placeholders",
    ("udpos", "X\n\n" * 20): "placeholders",
    (
        "xquad",
        '{"data": [{"paragraphs": [{"qas": [{"id": "1", "answers": [{"text": "", "answer_start": 0}]}]}]}]}',
    ): "hidden",
    ("mewslix", '{"1": [""]}'): "empty label",
    ("mewslix", '{"1": []}'): "no right candidate",
    ("mlqa", '{"data": [{"paragraphs": [{"qas": [{"id": "1", "answers": []}]}]}]}'): "question 1: has no right answer",
}


@pytest.mark.parametrize(("task", "labels"), REFUSED)
def test_placeholders_are_refused_with_the_reason_and_never_scored(
    tmp_path: Path, task: str, labels: str, capsys: pytest.CaptureFixture[str]
) -> None:
    language = SHEETS[task].languages[0]
    predictions = {"xquad": '{"1": ""}', "mlqa": '{"1": ""}', "mewslix": '{"1": ["Q1"]}'}.get(task, labels)
    folders = write(tmp_path, task, language, labels, predictions)
    assert main(["score", *map(str, folders), "--json"]) == 2
    out, error = capsys.readouterr()
    assert json.loads(out)["tasks"][task]["languages"] == {}
    assert REFUSED[task, labels] in error
    assert str(folders[1]) in error


def test_few_labels_that_happen_to_agree_are_honest(tmp_path: Path) -> None:
    folders = write(tmp_path, "xnli", "de", "neutral\n" * 19, "neutral\n" * 19)
    assert score_submission(*folders).tasks["xnli"].languages["de"] == {"accuracy": 100.0}


NULL = '{"data": [{"paragraphs": [{"qas": [{"id": "1", "answers": [{"text": null}]}]}]}]}'
DEEP = "[" * 100_000
BAD = {
    ("xnli", "neutral\nneutrl\n", "neutral\nneutral\n"): (
        "labels/xnli/test-ar.tsv, line 2: expected one of entailment, neutral, contradiction, found 'neutrl'"
    ),
    ("xcopa", '{"label": 2}\n', '{"label": 0}\n'): "labels/xcopa/test-et.jsonl, line 1: expected one of 0, 1, found",
    ("panx", "O\n\nO\nB-MISC\n", "O\n\nO\nO\n"): "labels/panx/test-ar.tsv, line 4: expected one of O, B-PER, ",
    ("udpos", "NOUN\n", "word\tNOUN\n"): "predictions/udpos/test-af.tsv, line 1: expected one tag a line, without its",
    ("bucc2018", "a\tb\n", "a\tb\n\n"): "line 2: expected two ids with a tab between them, and no blank line",
    ("tydiqa", NULL, '{"1": "None"}'): "labels/tydiqa/test-en.json, line 1: question 1: 'text' is null; expected text",
    ("tydiqa", NULL.replace('"1"', "1"), '{"1": "None"}'): "paragraph 1, question 1: 'id' is 1; expected text",
    ("tydiqa", '{"data": 5}', "{}"): "labels/tydiqa/test-en.json: 'data' is 5; expected a list",
    ("xquad", DEEP, "{}"): "labels/xquad/test-en.json: is nested too deeply",
    ("mewslix", '{"1": ["Q1"]}', DEEP): "predictions/mewslix/test-ar.json: is nested too deeply",
    ("xcopa", '{"label": 0}\n', DEEP): "line 1: expected a JSON object",
    ("xnli", "neutral\nentailment\n", "neutral\n"): "1 lines, but .*labels/xnli/test-ar.tsv has 2",
    ("xnli", "neutral\n\nneutral\n", "neutral\n\nneutral\n"): "line 2: expected a label",
    ("xnli", "", "neutral\n"): "is empty",
    ("udpos", "NOUN\n\nVERB\n", "NOUN\n"): "1 sentences, but .*labels/udpos",
    ("udpos", "NOUN\nVERB\n", "NOUN\n"): "1 tags in sentence 1, but",
    ("tatoeba", "0\n1\n", "0\nx\n"): "line 2: expected the number",
    ("xcopa", '{"label": 0}\n', '{"label": "0"}\n'): "line 1: expected a JSON object",
    ("bucc2018", "a\tb\n", "a b\n"): "line 1: expected two ids",
    ("xquad", '{"data": []', "{}"): "line 1: not complete JSON",
    ("mewslix", '{"1": ["Q1"]}', '{"1": ["Q1"], "1": ["Q2"]}'): "'1' occurs twice",
    ("mewslix", '{"1": ["Q1"]}', '{"1": "Q1"}'): "has no list of ids",
    ("mewslix", '{"1": ["Q1"]}', '{"2": ["Q1"]}'): "answers nothing that",
}


@pytest.mark.parametrize(("task", "labels", "predictions"), BAD)
def test_bad_files_are_one_sentence_and_make_their_language_missing(
    tmp_path: Path, task: str, labels: str, predictions: str
) -> None:
    folders = write(tmp_path, task, SHEETS[task].languages[0], labels, predictions)
    (sentence,) = score_submission(*folders).refused
    with pytest.raises(HarnessError, match=BAD[task, labels, predictions]):
        raise HarnessError(sentence)
    assert len(sentence.splitlines()) == 1


NOTED = {
    ("xnli", "neutral\nneutral\n", "neutral\nneutrl\n"): (
        50.0,
        "test-ar.tsv, line 2: 'neutrl' is no label of the task",
    ),
    ("xcopa", '{"label": 0}\n' * 4, '{"label": 0}\n' + '{"label": 7}\n' * 3): (25.0, "line 2: '7' is no label"),
    ("udpos", "NOUN\n\nVERB\n", "NOUN\n\nverb\n"): (50.0, "test-af.tsv, line 3: 'verb' is no label of the task"),
}


@pytest.mark.parametrize(("task", "labels", "predictions"), NOTED)
def test_predictions_that_are_no_label_are_wrong_and_noted(
    tmp_path: Path, task: str, labels: str, predictions: str
) -> None:
    language = SHEETS[task].languages[0]
    score, sentence = NOTED[task, labels, predictions]
    scores = score_submission(*write(tmp_path, task, language, labels, predictions)).tasks[task]
    assert next(iter(scores.languages[language].values())) == pytest.approx(score)  # type: ignore[union-attr]
    (note,) = scores.notes
    assert f"predictions/{task}" in note
    assert sentence in note
    assert ("(3 such lines)" in note) is (task == "xcopa")


def test_labels_may_be_the_articles_of_squads_json_alone(tmp_path: Path) -> None:
    gold = '[{"paragraphs": [{"qas": [{"id": "1", "answers": [{"text": "cat"}]}]}]}]'
    scored = score_submission(*write(tmp_path, "xquad", "en", gold, '{"1": "cat"}'))
    assert scored.tasks["xquad"].languages["en"] == {"exact_match": 100.0, "f1": 100.0}


def test_a_folder_in_the_place_of_a_file_is_said_to_be_one(tmp_path: Path) -> None:
    folders = make(tmp_path, "pawsx", SHEETS["pawsx"].languages, lambda _: 2)
    SHEETS["pawsx"].file(folders[0], "ko").unlink()
    SHEETS["pawsx"].file(folders[0], "ko").mkdir()
    scored = score_submission(*folders)
    assert scored.refused == (f"{folders[0]}/pawsx/test-ko.tsv: is a folder; expected a file",)
    assert scored.tasks["pawsx"].averages()["avg_metric"] == Missing("missing: ko")


def test_a_folder_that_may_not_be_read_costs_its_own_task_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for task in ("pawsx", "xnli"):
        folders = make(tmp_path, task, SHEETS[task].languages, lambda _: 3)
    shut = folders[1] / "xnli"
    look = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path.parent == shut:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert main(["score", *map(str, folders), "--json"]) == 2
    out, error = capsys.readouterr()
    told = json.loads(out)["tasks"]
    assert told["pawsx"]["avg_accuracy"] == 75.0
    assert (told["xnli"]["avg_accuracy"], len(told["xnli"]["missing"])) == (None, 15)
    assert error.count(f"{shut}/test-ar.tsv: cannot be read (Permission denied)") == 1
    monkeypatch.setattr(Path, "iterdir", lambda path: refuse(shut / "any"))
    with pytest.raises(HarnessError, match=r"predictions: cannot be read \(Permission denied\)"):
        score_submission(*folders)


def test_byte_order_marks_and_carriage_returns_are_no_part_of_a_label(tmp_path: Path) -> None:
    folders = write(tmp_path, "xnli", "de", "\ufeffneutral\r\nentailment\r\n", "neutral\nentailment\n")
    assert score_submission(*folders).tasks["xnli"].languages["de"] == {"accuracy": 100.0}


def test_files_of_no_language_of_the_task_are_named(tmp_path: Path) -> None:
    folders = make(tmp_path, "pawsx", SHEETS["pawsx"].languages, lambda _: 2)
    (folders[0] / "pawsx" / "test-xx.tsv").write_text("0\n")
    (note,) = score_submission(*folders).tasks["pawsx"].notes
    assert "test-xx.tsv" in note


def test_folders_of_no_task_of_the_benchmark_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = make(tmp_path, "pawsx", SHEETS["pawsx"].languages, lambda _: 2)
    for name in ("xqaud", "paws-x"):
        (folders[0] / name).mkdir()
    sentence = f"{folders[0]}: not of the benchmark and not scored: paws-x, xqaud"
    assert score_submission(*folders).plain()["notes"] == [sentence]
    assert main(["score", *map(str, folders)]) == 0
    assert "not scored: paws-x, xqaud" in " ".join(capsys.readouterr().out.split())


def test_the_table_names_values_means_and_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = make(tmp_path, "pawsx", SHEETS["pawsx"].languages[:-1], lambda _: 3)
    assert main(["score", *map(str, folders)]) == 0
    shown = capsys.readouterr().out
    assert "accuracy 75.00" in shown
    assert "XTREME: missing: xnli, pawsx" in shown
    folders = make(tmp_path, "pawsx", SHEETS["pawsx"].languages, lambda _: 3)
    SHEETS["pawsx"].file(folders[0], "zh").unlink()
    assert main(["score", *map(str, folders)]) == 0
    assert "zh is missing" in capsys.readouterr().out


def test_a_folder_that_is_not_there_or_empty_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(tmp_path / "none"), str(tmp_path)]) == 2
    assert main(["score", str(tmp_path)]) == 2
    assert "the folder of their labels" in capsys.readouterr().err
    assert main(["score", str(tmp_path), str(tmp_path)]) == 2
    assert "no folder of a task of the benchmark" in capsys.readouterr().err
