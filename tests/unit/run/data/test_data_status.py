"""`harness data status`: what is there, against what was published; a bad file is told, and the rest goes on."""

import errno
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from harness import cli
from harness.catalog import find
from harness.catalog.keys import key
from harness.catalog.sources import squad_json
from harness.catalog.sources.published import Files, Layout
from harness.run.data.status import DataStatus, look, table
from harness.spec.errors import HarnessError

XNLI = "A\tB\tneutral\r\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "xnli").mkdir()
    for language, rows in (("de", 2_490), ("fr", 2_489)):
        (tmp_path / "xnli" / f"dev-{language}.tsv").write_text(XNLI * rows)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "de.txt").write_text("Ein Satz.\nNoch einer.\n")
    (tmp_path / "siqa").mkdir()
    row = {"context": "C", "question": "Q", "answerA": "a", "answerB": "b", "answerC": "c", "correct": "C"}
    (tmp_path / "siqa" / "socialIQa_v1.4_dev.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


def seen(found: DataStatus, task: str, split: str, language: str) -> tuple[object, ...]:
    (each,) = [s for s in found.standings if (s.task, s.split, s.language) == (task, split, language)]
    return each.health, each.rows, each.published


def status(root: Path, *tasks: str) -> DataStatus:
    return look(tasks, root, Console(quiet=True))


def test_rows_are_held_against_the_published_counts(data: Path) -> None:
    found = status(data, "xnli", "siqa", "text")
    assert seen(found, "xnli", "dev", "de") == ("ok", 2_490, 2_490)
    assert seen(found, "xnli", "dev", "fr") == ("unreadable", None, 2_490)
    assert seen(found, "xnli", "dev", "ar") == ("missing", None, 2_490)
    assert seen(found, "siqa", "dev", "en") == ("differs", 1, 1_954)
    assert seen(found, "text", "train", "de") == ("ok", 2, None)
    assert found.problems == [f"{data}/xnli/dev-fr.tsv: holds 2489 rows; expected the 2490 that were published"]


def test_languages_without_rows_share_a_line(data: Path) -> None:
    rows = [row for section in table(status(data, "xnli", "panx")).sections for row in section]
    assert ("xnli", "dev", "13 languages", "", "", "missing", "") in rows
    assert ("panx", "every split", "48 languages", "", "", "missing", "") in rows
    assert ("xnli", "dev", "de", "2,490", "2,490", "ok", "xnli/dev-de.tsv") in rows
    assert len(rows) == 6


def test_generated_tasks_are_shown_when_they_are_named(data: Path) -> None:
    assert seen(status(data, "toy_nli"), "toy_nli", "test", "ha") == ("ok", 200, 200)
    assert not [each for each in status(data).standings if each.task.startswith("toy_")]


def test_rows_that_are_left_out_of_a_whole_file_are_no_difference(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = [{"id": n, "question": "Who?", "answers": [{"text": "cat", "answer_start": 4}]} for n in ("a", "b")]
    paragraphs = [{"context": f"The cat {each['id']}.", "qas": [each]} for each in questions]
    (data / "made.json").write_text(json.dumps({"version": "1.1", "data": [{"paragraphs": paragraphs}]}))
    kept = Layout(
        ("dev",), ("made.json",), squad_json.read, {"dev": {"en": 2}}, excluded=frozenset({key("The cat a.")})
    )
    made = Files((kept,), ("en",))
    task = find.task("squad")
    monkeypatch.setattr(find, "task", lambda name: type(task)(**{**vars(task), "source": made}))
    assert seen(status(data, "squad"), "squad", "dev", "en") == ("ok", 1, 2)


def test_the_command_fails_where_a_file_is_unreadable_and_shows_the_rest(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["data", "status", "xnli", "--data", str(data)]) == 1
    assert "xnli/dev-de.tsv" in capsys.readouterr().out
    (data / "xnli" / "dev-fr.tsv").unlink()
    assert cli.main(["data", "status", "xnli", "--data", str(data), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["language"] for each in told["standings"] if each["health"] == "ok"] == ["de"]


def test_gold_that_is_hidden_is_told(tmp_path: Path) -> None:
    for folder in ("panx", "pawsx", "xcopa"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pawsx" / "test-de.tsv").write_text("A\tB\t0\n" * 2_000)
    (tmp_path / "pawsx" / "dev-de.tsv").write_text("A\tB\t0\n" * 2_000)
    (tmp_path / "panx" / "test-yo.tsv").write_text("word\n\n" * 100)
    (tmp_path / "panx" / "dev-yo.tsv").write_text("word\tO\n\n" * 100)
    row = {"premise": "P", "choice1": "a", "choice2": "b", "question": "cause", "label": 0, "changed": False}
    rows = [json.dumps({**row, "idx": number}) for number in range(500)]
    (tmp_path / "xcopa" / "test-et.jsonl").write_text("\n".join(rows) + "\n")
    found = status(tmp_path, "panx", "pawsx", "xcopa")
    hidden = {(each.task, each.split): each.hidden for each in found.standings if each.health == "ok"}
    told = {("panx", "test"): True, ("panx", "dev"): False, ("xcopa", "test"): True}
    assert hidden == told | {("pawsx", "test"): True, ("pawsx", "dev"): False}  # only what is evaluated is looked into
    shown = {row[:3]: row[5] for section in table(found).sections for row in section}
    assert shown["panx", "test", "yo"] == "ok, gold hidden"
    assert shown["panx", "dev", "yo"] == "ok"
    assert not found.problems


def test_a_folder_that_may_not_be_read_is_told_and_the_rest_goes_on(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shut = data / "siqa"
    look, inside = Path.stat, Path.iterdir

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path.parent == shut:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(Path, "iterdir", lambda path: inside(path) if path != shut else refuse(shut / "any"))
    assert cli.main(["data", "status", "siqa", "text", "--data", str(data), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["standings"]
    health = {(each["task"], each["split"], each["language"]): each["health"] for each in told}
    assert health["text", "train", "de"] == "ok"
    assert health["siqa", "dev", "en"] == "unreadable"
    (problem,) = {each["problem"] for each in told if each["task"] == "siqa" and each["split"] == "dev"}
    assert str(shut) in problem
    assert "read" in problem


def test_a_raw_refusal_of_the_system_is_one_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/shut")

    monkeypatch.setattr(Files, "behind", refuse)
    assert status(data, "xnli").problems == [
        "/shut: cannot be read (Permission denied); expected files that may be read"
    ]


def test_a_damaged_manifest_is_told_and_the_rest_goes_on(data: Path) -> None:
    folder = data / "models" / "someone" / "tiny" / ("0" * 40)
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{")
    found = status(data)
    assert seen(found, "xnli", "dev", "de")[0] == "ok"
    assert any(f"{folder}/manifest.json" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("task", "root", "sentence"),
    [("xnil", ".", "did you mean 'xnli'"), ("xnli", "nowhere", "nowhere: no such data folder")],
)
def test_what_cannot_be_looked_at_is_one_sentence(task: str, root: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        status(Path(root), task)


def test_wikianns_smallest_languages_have_a_hundred_test_sentences(tmp_path: Path) -> None:
    (tmp_path / "panx").mkdir()
    sentences = "".join(f"w{number}\tO\n\n" for number in range(100))
    (tmp_path / "panx" / "test-yo.tsv").write_text(sentences)
    assert seen(status(tmp_path, "panx"), "panx", "test", "yo") == ("ok", 100, 100)


def test_a_mirror_without_a_finished_fetch_is_told(tmp_path: Path) -> None:
    (tmp_path / "models" / "someone" / "tiny" / ("0" * 40)).mkdir(parents=True)
    found = status(tmp_path)
    assert [mirror.folder for mirror in found.mirrors] == [f"models/someone/tiny/{'0' * 40}"]
    assert "has no manifest.json, so its fetch did not end" in found.problems[0]


def test_real_files_are_as_published(data_folder: Path) -> None:
    found = status(data_folder, "xnli", "xquad", "tatoeba", "copa", "udpos")
    assert not found.problems
    assert seen(found, "udpos", "train", "en") == ("ok", 21_253, 21_253)
    assert {each.language for each in found.standings if each.task == "xquad" and each.health == "ok"} == {
        "ar",
        "de",
        "en",
        "es",
    }
