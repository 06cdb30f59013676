"""COPA and XCOPA: questions in words, the folders of both, and labels that are placeholders."""

import json

import pytest

from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def copa(number, label=None, asked="cause"):
    record = {"premise": "P.", "choice1": "x", "choice2": "y", "question": asked, "idx": number}
    return record if label is None else {**record, "label": label}


@pytest.mark.parametrize(
    ("split", "path"),
    [
        ("train", "COPA/train.jsonl"),
        ("dev", "superglue/COPA.zip/COPA/val.jsonl"),
        ("train", "xcopa/train.en.jsonl"),
        ("dev", "xcopa/val-en.jsonl"),
        ("train", "xcopa/copa_en/train-en.jsonl"),
    ],
)
def test_copa_asks_in_words(uncounted, put, tmp_path, split, path):
    put(path, lines(copa(0, 1), copa(3, 0, "effect")))
    assert list(uncounted("copa").rows(tmp_path, split, "en")) == [
        ChoiceExample("0", "P.", "What was the cause?", ("x", "y"), 1),
        ChoiceExample("3", "P.", "What was the effect?", ("x", "y"), 0),
    ]


@pytest.mark.parametrize("path", ["xcopa/data/et/test.et.jsonl", "xcopa/test.et.jsonl", "xcopa/test-et.jsonl"])
@pytest.mark.parametrize(("labels", "shown"), [([0] * 100, False), ([0] * 99 + [1], True), ([0] * 99, True)])
def test_labels_that_are_all_the_same_are_placeholders(uncounted, put, tmp_path, path, labels, shown):
    put(path, lines(*(copa(number, label) for number, label in enumerate(labels))))
    rows = list(uncounted("xcopa").rows(tmp_path, "test", "et"))
    assert [row.label for row in rows] == (labels if shown else [None] * len(labels))


def test_gold_files_come_before_placeholders(uncounted, put, tmp_path):
    put("xcopa/test-et.jsonl", lines(*(copa(number, 0) for number in range(100))))
    put("xcopa/data/et/test.et.jsonl", lines(copa(0, 1)))
    assert [row.label for row in uncounted("xcopa").rows(tmp_path, "test", "et")] == [1]


def test_copas_test_file_has_no_labels(uncounted, put, tmp_path):
    put("COPA/test.jsonl", lines(copa(0), copa(1)))
    assert [row.label for row in uncounted("copa").rows(tmp_path, "test", "en")] == [None, None]
    put("COPA/train.jsonl", lines(copa(0)))
    with pytest.raises(HarnessError, match=r"train.jsonl, line 1: 'label' is missing"):
        list(uncounted("copa").rows(tmp_path, "train", "en"))
