"""Paraphrases: PAWS-X as published and as XTREME prepares it, and QQP with its torn rows and its translations."""

import csv
from io import StringIO

import pytest

from harness.catalog import find
from harness.catalog.sources.pair_lines import as_prepared
from harness.spec.errors import HarnessError
from harness.spec.example import PairExample


def table(header, rows):
    return "".join("\t".join(row) + "\n" for row in (header, *rows))


PAWS = ("id", "sentence1", "sentence2", "label")


def test_pawsx_as_published_reads_as_xtreme_prepares_it(uncounted, put, tmp_path):
    rows = [("4", 'Der "Hund" .', "Ein Hund.", "1"), ("6", "A  b ", '"C"', "0")]
    put("x-final/de/dev_2k.tsv", table(PAWS, rows))
    written = StringIO(newline="")
    csv.writer(written, delimiter="\t").writerows([[first.strip(), second, label] for _, first, second, label in rows])
    put("pawsx/dev-fr.tsv", written.getvalue())
    source = uncounted("pawsx")
    published, prepared = (list(source.rows(tmp_path, "dev", language)) for language in ("de", "fr"))
    assert published == prepared
    assert published[0] == PairExample("0", '"Der ""Hund"" ."', "Ein Hund.", "1")


@pytest.mark.parametrize("text", ["a", 'a "b"', '"', '""', "'", "a b,c"])
def test_quoting_is_that_of_csv(text):
    written = StringIO()
    csv.writer(written, delimiter="\t").writerow([text, "x"])
    assert as_prepared(f" {text}\n") == written.getvalue().partition("\t")[0]


def test_pawsx_has_gold_in_test_and_translated_training_rows(uncounted, put, tmp_path):
    source = uncounted("pawsx")
    put("pawsx/test-de.tsv", "A\tB\r\n")
    assert [row.label for row in source.rows(tmp_path, "test", "de")] == [None]
    put("paws-x/de/x-final.tar.gz/x-final/de/test_2k.tsv", table(PAWS, [("1", "A", "B", "1")]))
    put("paws-x/de/x-final.tar.gz/x-final/de/translated_train.tsv", table(PAWS, [("1", "C", "D", "0")]))
    put("pawsx/x-final/en/train.tsv", table(PAWS, [("1", "E", "F", "1")]))
    assert [row.label for row in source.rows(tmp_path, "test", "de")] == ["1"]
    assert [row.first for row in source.rows(tmp_path, "train", "de")] == ["C"]
    assert [row.first for row in source.rows(tmp_path, "train", "en")] == ["E"]


QQP = ("id", "qid1", "qid2", "question1", "question2", "is_duplicate")


def test_qqp_leaves_out_torn_rows_but_few(uncounted, put, tmp_path):
    row = ("1", "2", "3", "A?", "B?", "1")
    put("QQP/train.tsv", table(QQP, [row, ("2", "3", "4", "torn"), ("apart", "0"), row]))
    assert [example.id for example in uncounted("qqp").rows(tmp_path, "train", "en")] == ["0", "1"]
    put("QQP/train.tsv", table(QQP, [row, *[("2", "3")] * 21]))
    with pytest.raises(HarnessError, match="line 23: 2 columns; expected 6"):
        list(uncounted("qqp").rows(tmp_path, "train", "en"))


def test_translated_qqp_is_the_users_own(put, tmp_path):
    put("translated/qqp/train.sw.tsv", table(QQP[3:], [("A?", "B?", "0")]))
    source = find.task("qqp").source
    assert source.languages(tmp_path, "train") == ("sw",)
    assert list(source.rows(tmp_path, "train", "sw")) == [PairExample("0", "A?", "B?", "0")]
    put("translated/qqp/train.sw.tsv", table(QQP[3:], [("A?", "B?")]))
    with pytest.raises(HarnessError, match="line 2: 2 columns; expected 3"):
        list(source.rows(tmp_path, "train", "sw"))


@pytest.mark.parametrize("language", ["de", "en", "es", "fr"])
def test_published_pawsx_begins_as_xtremes_does(uncounted, data_folder, language):
    source = uncounted("pawsx")
    published = list(source.rows(data_folder / "format_samples", "dev", language))
    assert published == list(source.rows(data_folder, "dev", language))[: len(published)]
