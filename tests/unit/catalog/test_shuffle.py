"""Shuffled labels: the same labels on other rows, always in the same way."""

from collections import Counter

import pytest

from harness.catalog.data import dataset, rows
from harness.catalog.shuffle import shuffled
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, SpanExample, TaggedExample

CONTEXT = "one two three four five"


def test_pairs_keep_their_label_counts():
    given = [PairExample(str(n), "a", "b", "xyz"[n % 3]) for n in range(60)]
    moved = shuffled("pair", given)
    assert Counter(row.label for row in moved) == Counter(row.label for row in given)
    assert [row._replace(label=None) for row in moved] == [row._replace(label=None) for row in given]
    assert 10 < sum(new.label == old.label for new, old in zip(moved, given, strict=True)) < 30  # a third, by chance


def test_choices_exchange_labels_among_questions_with_equally_many():
    given = [ChoiceExample(str(n), "c", "q", ("x",) * (n % 3 + 2), n // 3 % (n % 3 + 2)) for n in range(90)]
    moved = shuffled("choice", given)
    assert [row._replace(label=None) for row in moved] == [row._replace(label=None) for row in given]
    assert Counter((len(row.choices), row.label) for row in moved) == Counter(
        (len(row.choices), row.label) for row in given
    )
    assert 15 < sum(new.label == old.label for new, old in zip(moved, given, strict=True)) < 50  # about 32, by chance


def test_sentences_keep_lengths_and_tag_counts():
    given = [TaggedExample(str(n), ("w",) * (n % 4 + 1), tuple("ABCD"[: n % 4 + 1])) for n in range(20)]
    moved = shuffled("tagging", given)
    assert [len(row.tags) for row in moved] == [len(row.tags) for row in given]
    assert Counter(tag for row in moved for tag in row.tags) == Counter(tag for row in given for tag in row.tags)
    assert moved != given


def test_questions_on_one_context_exchange_answers():
    given = [SpanExample(str(n), "?", CONTEXT, answers) for n, answers in enumerate([(("one", 0),), (("two", 4),), ()])]
    assert [row.answers for row in shuffled("span", given)] == [(("two", 4),), (), (("one", 0),)]


def test_a_lone_question_gets_a_window_of_the_same_length():
    given = [SpanExample(str(n), "?", f"{CONTEXT} {n}", (("one two", 0),)) for n in range(30)]
    windows = [row.answers[0] for row in shuffled("span", given)]
    for row, (text, start) in zip(given, windows, strict=True):
        assert row.context[start:].startswith(text)
        assert len(text.split()) == 2
    assert len(set(windows)) > 3


def test_it_is_always_the_same():
    made = dataset("toy_polarity", "dev", ("ha",), shuffled_labels=True)
    assert list(rows(made, None)) == list(rows(made, None))


def test_a_format_without_labels_is_refused():
    with pytest.raises(HarnessError, match="rows of the format retrieval have no labels to shuffle"):
        list(rows(dataset("toy_retrieval", "dev", ("ha",), shuffled_labels=True), None))
