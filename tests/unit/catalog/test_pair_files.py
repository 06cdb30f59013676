"""Sentence pairs in every layout in which they are published: the same rows from each, and a sentence for bad files."""

import json

import pytest

from harness.catalog import find
from harness.catalog.sources.places import unpacked
from harness.spec.errors import HarnessError
from harness.spec.example import PairExample

ROWS = (("A b.", 'He said "no".', "neutral"), ("C\x85d", "E", "entailment"), ("F", "G", "contradiction"))
EXAMPLES = [PairExample(str(number), *row) for number, row in enumerate(ROWS)]


def table(header, rows, end="\n"):
    return "".join("\t".join(row) + end for row in (header, *rows))


def first_json(rows=ROWS):
    keys = ("sentence1", "sentence2", "gold_label")
    return "".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in (("X", "Y", "-"), *rows))


def glue(rows=ROWS):
    header = ("index", "sentence1", "sentence2", "label1", "gold_label")
    return table(header, [("7", first, second, "neutral", label) for first, second, label in rows])


def first_text(rows=ROWS):
    header = ("gold_label", "sentence1", "sentence2", "label1", "label2", "label3")
    lines = [(label, first, second, "neutral", "", "") for first, second, label in rows]
    return table(header, [("-", "X", "Y", "neutral", "neutral", "x"), *lines[:-1], lines[-1][:4]])


@pytest.mark.parametrize(
    ("name", "path", "text"),
    [
        ("mnli/train", "MNLI/train.tsv", glue()),
        ("mnli/dev", "glue_data/MNLI/dev_matched.tsv", glue()),
        ("mnli/dev_mm", "MNLI/dev_mismatched.tsv", "\ufeff" + glue().replace("\n", "\r\n")),
        ("mnli/train", "multinli_1.0/multinli_1.0_train.jsonl", first_json()),
        ("mnli/dev", "multi_nli/multinli_1.0.zip/multinli_1.0/multinli_1.0_dev_matched.jsonl", first_json()),
        ("mnli/dev_mm", "mnli/multinli_1.0/multinli_1.0_dev_mismatched.txt", first_text()),
        ("snli/test", "snli_1.0/snli_1.0_test.jsonl", first_json()),
        ("snli/train", "snli/snli_1.0.zip/snli_1.0/snli_1.0_train.txt", first_text()),
        ("snli/dev", "SNLI/dev.tsv", glue()),
        ("xnli/train", "MNLI/train.tsv", glue()),
    ],
)
def test_inference_rows_are_the_same_in_every_layout(uncounted, put, tmp_path, name, path, text):
    put(path, text)
    task, split = name.split("/")
    source = uncounted(task)
    assert source.languages(tmp_path, split) == ("en",)
    assert list(source.rows(tmp_path, split, "en")) == EXAMPLES


@pytest.mark.parametrize("language", ["en", "de"])
def test_translated_training_rows_of_mnli(uncounted, put, tmp_path, language):
    lines = [("A b .", 'He said "no" .', "contradictory"), ("C", "D", "entailment")]
    path = f"xnli/XNLI-MT-1.0.zip/XNLI-MT-1.0/multinli/multinli.train.{language}.tsv"
    put(path, table(("premise", "hypo", "label"), lines))
    (first, second), (prepared, _) = (list(uncounted(t).rows(tmp_path, "train", language)) for t in ("mnli", "xnli"))
    assert first == PairExample("0", "A b .", 'He said "no" .', "contradiction")
    assert second.label == "entailment"
    assert prepared.second == '"He said ""no"" ."'


def test_xtremes_own_mnli_is_used_where_there_is_no_other(uncounted, put, tmp_path):
    put("xnli/train-en.tsv", "A\tB\tneutral\r\n")
    assert list(uncounted("mnli").rows(tmp_path, "train", "en")) == [PairExample("0", "A", "B", "neutral")]
    put("MNLI/train.tsv", glue())
    assert list(uncounted("mnli").rows(tmp_path, "train", "en")) == EXAMPLES


def test_hidden_test_sets(uncounted, put, tmp_path):
    put("MNLI/test_matched.tsv", table(("index", "sentence1", "sentence2"), [("0", "A", "B")]))
    put("QQP/test.tsv", table(("id", "question1", "question2"), [("0", "A", "B")]))
    assert list(uncounted("mnli").rows(tmp_path, "test", "en")) == [PairExample("0", "A", "B", None)]
    assert list(uncounted("qqp").rows(tmp_path, "test", "en")) == [PairExample("0", "A", "B", None)]


HEADER = ("language", "gold_label", "sentence1", "sentence2", "genre")


@pytest.mark.parametrize("home", ["", "xnli/", "XNLI-1.0.zip/", "xnli/XNLI-1.0.zip/"])
def test_xnli_as_published(uncounted, put, tmp_path, home):
    rows = [
        ("ar", "neutral", "X", "Y", "g"),
        ("en", "contradiction", " A", "B ", "g"),
        ("en", "neutral", "C", "D", "g"),
    ]
    expected = [PairExample("0", "A", "B", "contradiction"), PairExample("1", "C", "D", "neutral")]
    put(f"{home}XNLI-1.0/xnli.test.jsonl", "".join(json.dumps(dict(zip(HEADER, r, strict=True))) + "\n" for r in rows))
    assert list(uncounted("xnli").rows(tmp_path, "test", "en")) == expected
    put(f"{home}XNLI-1.0/xnli.test.tsv", table(HEADER, rows))
    put("xnli/test-en.tsv", "A\tB\r\n")
    assert list(uncounted("xnli").rows(tmp_path, "test", "en")) == expected


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("MNLI/train.tsv", "", "train.tsv: is empty"),
        ("MNLI/train.tsv", table(("sentence1", "gold_label"), []), "line 1: no column 'sentence2'"),
        ("MNLI/train.tsv", glue([("A", "B", "neutra")]), "line 2: unknown gold_label 'neutra'; did you mean 'neutral'"),
        ("MNLI/train.tsv", glue([("A", "B\tC", "neutral")]), "line 2: 6 columns; expected 5"),
        ("MNLI/train.tsv", glue()[:-20], "line 4: 4 columns; expected 5"),
        ("multinli_1.0/multinli_1.0_train.jsonl", first_json()[:-9], "line 4: not complete JSON"),
        ("multinli_1.0/multinli_1.0_train.jsonl", first_json() + "[]\n", "line 5: holds .*; expected one JSON object"),
        ("multinli_1.0/multinli_1.0_train.jsonl", '{"gold_label": "neutral"}', "line 1: 'sentence1' is missing"),
        ("multinli_1.0/multinli_1.0_train.jsonl", first_json([(3, "B", "neutral")]), "'sentence1' is 3; expected text"),
        (
            "multinli_1.0/multinli_1.0_train.txt",
            first_text([("A", "B", "neutral")])[:-9],
            "line 3: 3 columns; expected 6",
        ),
    ],
)
def test_bad_files_are_named_with_their_line(uncounted, put, tmp_path, path, text, sentence):
    put(path, text)
    with pytest.raises(HarnessError, match=sentence) as caught:
        list(uncounted("mnli").rows(tmp_path, "train", "en"))
    assert str(tmp_path / path) in str(caught.value)


def test_a_repeated_id_is_named_with_both_places(uncounted, put, tmp_path):
    line = '{"uid": "u", "context": "A", "hypothesis": "B", "label": "c"}\n'
    for part, text in (("R1", line), ("R2", line.replace('"u"', '"v"')), ("R3", line)):
        put(f"anli/anli_v0.1/{part}/dev.jsonl", text)
    with pytest.raises(
        HarnessError, match=r"R3/dev.jsonl, line 1: the id 'u' occurs twice, first in .*R1/dev.jsonl, line 1"
    ):
        list(uncounted("anli").rows(tmp_path, "dev", "en"))


def test_an_archive_may_lie_in_its_home_or_in_a_folder_of_its_name():
    assert unpacked("x.zip", "home") == ("", "x.zip/", "home/", "home/x.zip/")


def test_published_samples(uncounted, data_folder):
    samples = data_folder / "format_samples"
    found = {
        (name, split, language): len(list(uncounted(name).rows(samples, split, language)))
        for name in ("anli", "mnli", "pawsx", "qqp", "xnli")
        for split in find.task(name).source.splits
        for language in find.task(name).source.languages(samples, split)
    }
    assert {name for name, _, _ in found} == {"anli", "mnli", "pawsx", "qqp", "xnli"}
    assert {language for name, split, language in found if (name, split) == ("mnli", "train")} == set(
        find.task("xnli").languages
    )
    assert min(found.values()) > 0


def test_real_rows_are_as_many_as_published(data_folder):
    for name, languages in (("xnli", ("ar", "bg", "de", "el", "en", "es", "fr")), ("pawsx", ("de", "en", "es", "fr"))):
        source = find.task(name).source
        assert set(source.languages(data_folder, "dev")) >= set(languages)
        assert {len(list(source.rows(data_folder, "dev", language))) for language in languages} == {
            source.published("dev", "en")
        }
