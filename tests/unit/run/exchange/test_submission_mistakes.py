"""Submissions that are none: each mistake is one sentence that names its file, and costs its own task alone."""

import errno
import json
import os
from pathlib import Path

import pytest

from harness.analysis.values import Missing
from harness.catalog.submission.sheets import SHEETS
from harness.cli import main
from harness.run.exchange.submission import score_submission
from harness.spec.errors import HarnessError
from tests.unit.run.exchange.submissions import make, write

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
