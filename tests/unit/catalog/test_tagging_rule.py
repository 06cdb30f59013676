"""Chunks of tags as seqeval 0.0.12 cuts them, in the cases where later versions and intuition differ."""

import pytest

from harness.catalog.metrics import tagging_f1
from harness.catalog.metrics.tagging_f1 import chunks
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("NOUN NOUN VERB", {("NOUN", 0, 1), ("VERB", 2, 2)}),  # a run is one chunk
        ("SCONJ SCONJ", {("SCONJ", 0, 0), ("SCONJ", 1, 1)}),  # S: single
        ("SYM NOUN", {("SYM", 0, 0), ("NOUN", 1, 1)}),
        ("INTJ INTJ", {("INTJ", 0, 1)}),  # I: inside
        ("CCONJ SCONJ", {("CCONJ", 0, 0), ("SCONJ", 1, 1)}),  # one type in seqeval >= 1.0
        ("B-PER I-PER I-LOC O I-LOC", {("PER", 0, 1), ("LOC", 2, 2), ("LOC", 4, 4)}),
        ("B-PER B-PER", {("PER", 0, 0), ("PER", 1, 1)}),
        ("O O", set()),
    ],
)
def test_chunks(tags, expected):
    assert chunks(tuple(tags.split())) == expected


def sentence(tags: str) -> TaggedExample:
    return TaggedExample("0", ("word",) * len(tags.split()), tuple(tags.split()))


def test_f1_counts_chunks_and_not_words():
    gold = sentence("DET NOUN NOUN VERB")
    scores = tagging_f1.score([gold], {"0": ["DET", "NOUN", "VERB", "VERB"]}, "en")
    assert scores["score"] == pytest.approx(100 / 3)  # one chunk of three, where three words of four are right


def test_chance_is_the_best_constant_tag():
    gold = [sentence("VERB"), sentence("NOUN VERB")._replace(id="1")]
    assert tagging_f1.chance(gold, "en") == pytest.approx(40)  # 1 of 2 found, 1 of 3 wanted


def test_chance_agrees_with_scoring_constant_tags():
    gold = [sentence(tags)._replace(id=str(n)) for n, tags in enumerate(["SYM NOUN NOUN", "NOUN", "SYM", "INTJ SYM"])]
    constant = [
        tagging_f1.score(gold, {row.id: [tag] * len(row.words) for row in gold}, "en")["score"]
        for tag in ("SYM", "NOUN", "INTJ")
    ]
    assert tagging_f1.chance(gold, "en") == max(constant)


def test_a_prediction_of_another_length_is_an_error():
    with pytest.raises(HarnessError, match="1 tags are predicted for a sentence of 2 words"):
        tagging_f1.score([sentence("NOUN VERB")], {"0": ["NOUN"]}, "en")


def test_hidden_tags_are_not_scored():
    with pytest.raises(HarnessError, match="placeholder"):
        tagging_f1.score([TaggedExample("0", ("word",), None)], {"0": ["NOUN"]}, "en")
