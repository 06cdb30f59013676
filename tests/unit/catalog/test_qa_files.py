"""Questions and answers where they are published: which file counts, what XTREME hid, and SQuAD's dev without XQuAD."""

import json
from dataclasses import replace

import pytest

from harness.catalog.data import dataset, present, rows
from harness.catalog.keys import key
from harness.catalog.sources import squad_json
from harness.catalog.sources.published import Files, Layout
from harness.catalog.sources.xquad_paragraphs import PARAGRAPHS
from harness.catalog.tasks import mlqa, squad, squad_v2, tydiqa, xquad
from harness.spec.errors import HarnessError
from harness.spec.example import SpanExample

HIDDEN = [{"text": "", "answer_start": 0}]
START_AS_TEXT = [{"text": "cat", "answer_start": "5"}]


def article(*ids: str, context: str = "The cat sat.", **changed) -> dict:
    answers = [{"text": "cat", "answer_start": context.index("cat")}]
    qas = [{"id": id_, "question": "Who?", "answers": answers, **changed} for id_ in ids]
    return {"paragraphs": [{"context": context, "qas": qas}]}


def document(*articles: dict) -> str:
    return json.dumps({"data": articles}, indent=1)


@pytest.fixture
def put(tmp_path):
    """Writes a file below the data folder and gives its path."""

    def write(path: str, text: str):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
        return tmp_path / path

    return write


def uncounted(task):
    """The source of a task whose made-up files may have any number of rows."""
    return Files(tuple(replace(part, counts={}) for part in task.source.layouts), task.source.known, task.source.codes)


def ids(task, root, split: str, language: str) -> list[str]:
    return [row.id for row in uncounted(task).rows(root, split, language)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (document(article("a"))[:-9], r"file, line \d\d: not complete JSON"),
        ("", "file: is empty; expected SQuAD JSON"),
        (document(article("a", "b"), article("c", "b")), "file, line 48: question b: the id occurs twice"),
        (
            document(article("a", context="A cat. é")).replace('_start": 2', '_start": 3'),
            "line 9: question a: expected the",
        ),
        (document(article("a", answers=[])), "line 9: question a: has 0 answers and is_impossible is false"),
        (document(article("a", answers=[{"text": 3, "answer_start": 0}])), "line 9: question a: 'text' is 3; expected"),
        (
            document(article("a", answers=START_AS_TEXT)),
            "line 9: question a: 'answer_start' is \"5\"; expected a whole n",
        ),
        (document(article("a", answers=[{"text": "cat", "answer_start": 4.0}])), "question a: 'answer_start' is 4.0"),
        (document(article("a", answers=[{"text": "he", "answer_start": True}])), "question a: 'answer_start' is true"),
        (document(article("a", answers=None)), "line 9: question a: 'answers' is null; expected a list"),
        (document(article("a", is_impossible=0)), "line 9: question a: 'is_impossible' is 0; expected true or false"),
        (document(article("a"), article("b", 3)), "article 2, paragraph 1, question 2: 'id' is 3; expected text"),
        (
            document({"paragraphs": [{"context": None, "qas": []}]}),
            "article 1, paragraph 1: 'context' is null; expected",
        ),
        ('{"data": null}', "file: 'data' is null; expected a list"),
        ("[" * 100_000, "file: is nested too deeply; expected SQuAD JSON"),
        ('{"data": ' + "1" * 5_000 + "}", "file: holds a number that is too long; expected SQuAD JSON"),
    ],
)
def test_broken_files_are_named_with_their_line(put, text, message):
    with pytest.raises(HarnessError, match=message):
        list(squad_json.read([put("file", text)], "en"))


def test_a_bom_and_carriage_returns_are_no_fault(put):
    path = put("file", "\ufeff" + document(article("a")).replace("\n", "\r\n"))
    assert list(squad_json.read([path], "en")) == [SpanExample("a", "Who?", "The cat sat.", (("cat", 4),))]


def test_tydiqa_joined_files_hold_all_languages(put, tmp_path):
    put("tydiqa/tydiqa-goldp-v1.1-train.json", document(article("english-1-0", "finnish--2-0"), article("english-3-1")))
    put("tydiqa/tydiqa-goldp-v1.1-dev.json", document(article("korean-1-0")))
    assert ids(tydiqa.TASK, tmp_path, "train", "en") == ["english-1-0", "english-3-1"]
    assert ids(tydiqa.TASK, tmp_path, "train", "fi") == ["finnish--2-0"]
    assert ids(tydiqa.TASK, tmp_path, "test", "ko") == ["korean-1-0"]


def test_tydiqa_files_of_a_language_come_before_those_that_xtreme_stripped(put, tmp_path):
    folder = "tydiqa/tydiqa-goldp-v1.1-dev"
    put(f"{folder}/tydiqa.goldp.fi.dev.json", document(article("finnish-1-0", answers=HIDDEN)))
    (hidden,) = uncounted(tydiqa.TASK).rows(tmp_path, "test", "fi")
    assert not hidden.labelled
    put("tydiqa_goldp/language_data/finnish/finnish_tydiqa_dev.json", document(article("finnish-1-0")))
    (shown,) = uncounted(tydiqa.TASK).rows(tmp_path, "test", "fi")
    assert shown.labelled


def test_xtremes_training_files_of_tydiqa_have_ids_that_recur(put, tmp_path):
    put("tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json", document(article("0"), article("1"), article("0")))
    assert ids(tydiqa.TASK, tmp_path, "train", "en") == ["0", "1", "2"]


def test_a_set_that_is_not_whole_is_refused(put, tmp_path):
    put("MLQA_V1/test/test-context-hi-question-hi.json", document(article("a")))
    with pytest.raises(HarnessError, match="holds 1 rows; expected the 4918 that were published"):
        list(mlqa.TASK.source.rows(tmp_path, "test", "hi"))


@pytest.mark.parametrize("start", ["mlqa/", "", "mlqa/MLQA_V1.zip/", "MLQA_V1.zip/"])
def test_mlqa_is_context_and_question_in_one_language(put, tmp_path, start):
    put(f"{start}MLQA_V1/dev/dev-context-de-question-en.json", document(article("x")))
    assert uncounted(mlqa.TASK).languages(tmp_path, "dev") == ()
    put(f"{start}MLQA_V1/dev/dev-context-de-question-de.json", document(article("a")))
    assert uncounted(mlqa.TASK).languages(tmp_path, "dev") == ("de",)
    assert ids(mlqa.TASK, tmp_path, "dev", "de") == ["a"]


def test_paragraphs_of_xquad_are_known_by_their_keys(data_folder):
    found = {row.context for _, row in rows(dataset("xquad", "test", ("en",)), data_folder)}
    assert len(found) == 240
    assert {key(context) for context in found} == PARAGRAPHS


@pytest.mark.parametrize(
    ("task", "name"), [(squad.TASK, "squad/dev-v1.1.json"), (squad_v2.TASK, "squad_v2/dev-v2.0.json")]
)
def test_squads_dev_is_without_xquads_paragraphs(put, tmp_path, data_folder, task, name):
    shared = json.loads((data_folder / "xquad/xquad.en.json").read_text())["data"]
    own = article("own")
    put(name, json.dumps({"data": [own, *shared]}))
    assert ids(task, tmp_path, "dev", "en") == ["own"]
    put(name.replace("dev", "train"), json.dumps({"data": [own, *shared]}))
    assert len(ids(task, tmp_path, "train", "en")) == 1_191


def test_rows_are_counted_before_any_are_left_out(put, tmp_path):
    context = "The cat sat on a mat."
    put("x.json", document(article("a", context=context), article("b")))
    layout = Layout(("dev",), ("x.json",), squad_json.read, {"dev": {"en": 2}}, excluded=frozenset([key(context)]))
    assert [row.id for row in Files((layout,), ("en",)).rows(tmp_path, "dev", "en")] == ["b"]
    put("x.json", document(article("b")))
    with pytest.raises(HarnessError, match="holds 1 rows; expected the 2"):
        list(Files((layout,), ("en",)).rows(tmp_path, "dev", "en"))


def test_xquad_has_every_question_of_its_paragraphs_that_squad_answers(data_folder):
    """So that 10,570 - 1,190 of SQuAD's questions are left: here for the half of the set that is at hand."""
    asked = {row.question for _, row in rows(dataset("xquad", "test", ("en",)), data_folder)}
    half = [row for _, row in rows(dataset("squad_v2", "train", ("en",)), data_folder)]
    shared = [row.question for row in half if key(row.context) in PARAGRAPHS and row.answers]
    assert len(shared) == 158
    assert set(shared) <= asked


def test_published_numbers():
    assert sum(tydiqa.COUNTS["train"].values()) == 49_881
    assert sum(tydiqa.COUNTS["test"].values()) == 5_077
    assert (min(mlqa.COUNTS["test"].values()), max(mlqa.COUNTS["test"].values())) == (4_517, 11_590)
    assert xquad.TASK.source.published("test", "ro") == 1_190


@pytest.mark.parametrize(
    ("name", "split", "size"), [("mlqa", "dev", 2_160), ("tydiqa", "test", 2_599), ("xquad", "test", 4_760)]
)
def test_real_files(data_folder, name, split, size):
    found = [row for _, row in rows(dataset(name, split, present(name, split, data_folder)), data_folder)]
    assert len(found) == size
    assert all(row.labelled and row.answers for row in found)


def test_samples_whose_answer_is_not_in_its_context_are_refused(data_folder):
    with pytest.raises(HarnessError, match="question 1: expected the answer 'This is a test text' at character 1"):
        list(squad_json.read([data_folder / "format_samples/squad/train-v1.1.json"], "en"))
