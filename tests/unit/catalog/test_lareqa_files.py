"""Readers of LAReQA: questions and sentences of XQuAD-R, rows of SQuAD to train on, and where sentences end."""

import json
from collections import Counter
from functools import partial

import pytest

from harness.catalog.data import dataset, present, rows
from harness.catalog.sources import lareqa_json
from harness.catalog.sources.sentences import sentence_spans
from harness.catalog.tasks import lareqa
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample

CANDIDATES = partial(lareqa_json.read_candidates, languages=("en", "de"))
CONTEXT = "The cat sat. It slept. The cat sat."


def read(reader, *paths):
    return list(reader(paths, "en"))


def xquad_r(**changed):
    question = {"id": "q", "question": "Who?", "answers": [{"text": "cat", "answer_start": 4}]}
    other = {"id": "r", "question": "What?", "answers": [{"text": "slept", "answer_start": 16}]}
    paragraph = {"context": CONTEXT, "sentence_breaks": [[0, 12], [13, 22], [23, 35]], "qas": [question, other]}
    silent = {"context": "Nothing is asked.", "sentence_breaks": [[0, 17]], "qas": []}
    question.update({key: value for key, value in changed.items() if key in question})
    paragraph.update({key: value for key, value in changed.items() if key in paragraph})
    return json.dumps({"data": [{"paragraphs": [silent, paragraph]}]})


def test_questions_of_xquad_r(put):
    assert read(lareqa_json.read_questions, put("en.json", xquad_r())) == [
        RetrievalExample("en:q", "Who?", None, ()),
        RetrievalExample("en:r", "What?", None, ()),
    ]


def test_sentences_of_xquad_r_answer_in_every_language_and_alike_texts_alike(put):
    asked = ("en:q", "de:q")
    assert read(CANDIDATES, put("en.json", xquad_r())) == [
        RetrievalExample("en:2:0", None, "The cat sat.", asked, CONTEXT),
        RetrievalExample("en:2:1", None, "It slept.", ("en:r", "de:r"), CONTEXT),
        RetrievalExample("en:2:2", None, "The cat sat.", asked, CONTEXT),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (xquad_r()[:-9], "en.json, line 1: not complete JSON"),
        ("[]", "en.json: found a list; expected an object with 'data'"),
        ("[" * 100_000, "en.json: is nested too deeply; expected XQuAD-R JSON: data > paragraphs"),
        (xquad_r(context=5), "article 1, paragraph 2: 'context' is 5; expected text"),
        (xquad_r(id=5), "article 1, paragraph 2, question 1: 'id' is 5; expected text"),
        (xquad_r(answers=[{"text": "cat", "answer_start": True}]), "line 1: question q: 'answer_start' is true; expec"),
        (xquad_r(sentence_breaks=[[0, 3], [13, 22], [23, 35]]), "question q: its answer begins at character 4; expec"),
        (
            xquad_r(sentence_breaks=[[0], [13, 22]]),
            r"paragraph 2: sentence_breaks has \[0\]; expected \[first, end\] within the 35",
        ),
        (
            xquad_r(answers=[{"text": "cat", "answer_start": 5}]),
            "line 1: question q: expected the answer 'cat' at character 5",
        ),
        (xquad_r(answers=[]), "line 1: question q: has 0 answers; expected one"),
        (xquad_r(id="r"), "line 1: question r: the question id occurs twice; expected one question an id"),
    ],
)
def test_broken_xquad_r(put, text, sentence):
    path = put("en.json", text)
    for reader in (lareqa_json.read_questions, CANDIDATES):
        with pytest.raises(HarnessError, match=sentence) as caught:
            read(reader, path)
        assert str(path) in str(caught.value)


def test_xquad_r_has_the_published_numbers(data_folder):
    languages = present("lareqa", "test", data_folder)
    candidates = [row for _, row in rows(dataset("lareqa", "candidates", languages), data_folder)]
    assert len(candidates) == sum(lareqa.SENTENCES[language] for language in languages)
    assert sum(lareqa.SENTENCES.values()) == 13_014
    for language in languages:
        questions = {row.id for row in lareqa.TASK.source.rows(data_folder, "test", language)}
        answered = Counter(key for row in candidates for key in row.answers if key in questions)
        assert set(answered) == questions
        assert set(answered.values()) == {len(languages)}


def test_training_rows_are_sentences_of_squad_that_hold_the_first_answer(put):
    question = {"id": "q", "question": "Where?", "answers": [{"text": "St. Paul", "answer_start": 31}]}
    context = "Mr. J. Smith lived in 1900. In St. Paul he died.[3] Nobody knows."
    path = put("train.json", json.dumps({"data": [{"paragraphs": [{"context": context, "qas": [question]}]}]}))
    (row,) = read(lareqa_json.read_training, path)
    assert row == RetrievalExample("q", "Where?", "In St. Paul he died.[3]", ("q",), context)
    assert [context[first:end] for first, end in sentence_spans(f"  {context} ")] != []


def test_only_english_trains_lareqa(put, tmp_path):
    put("squad/train-v1.1.json", "{}")
    put("xquad-r/el.json", "{}")
    assert present("lareqa", "train", tmp_path) == ("en",)
    assert present("lareqa", "candidates", tmp_path) == present("lareqa", "test", tmp_path) == ("el",)
    with pytest.raises(HarnessError, match="the train rows of 'el' are not published"):
        list(lareqa.TASK.source.rows(tmp_path, "train", "el"))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("  ", []),
        (" One. Two! ", ["One.", "Two!"]),
        ("It cost 3.5 dollars. 'Why?' Nobody knew.", ["It cost 3.5 dollars.", "'Why?'", "Nobody knew."]),
        ("He left the U.S. Army. (He was 40.) so", ["He left the U.S. Army.", "(He was 40.) so"]),
        ("Born in Oct. 1900 to Dr. A. B. Cee", ["Born in Oct. 1900 to Dr. A. B. Cee"]),
    ],
)
def test_english_sentences(text, sentences):
    assert [text[first:end] for first, end in sentence_spans(text)] == sentences


def test_english_sentences_agree_with_published_breaks(data_folder):
    found, published = 0, 0
    for article in json.loads((data_folder / "lareqa/xquad-r/en.json").read_text())["data"]:
        for paragraph in article["paragraphs"]:
            wanted = {end for _, end in paragraph["sentence_breaks"]}
            found += len(wanted & {end for _, end in sentence_spans(paragraph["context"])})
            published += len(wanted)
    assert (found, published) == (1_173, 1_180)
