"""The generated world: the same everywhere, nothing of dev and test in training, and no short cut to a label."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.catalog import find, overlap
from harness.catalog.data import dataset, pin, present, rows, texts, words_by_language
from harness.catalog.sources.world_grammar import BASE, LANGUAGES, NAMES, TAGS, words
from harness.spec.errors import HarnessError
from harness.spec.task import PairExample

TOYS = tuple(name for name in find.task_names() if name.startswith("toy_"))
EVALUATED = tuple(name for name in TOYS if name != "toy_text")


def everything() -> str:
    """A digest of some rows of every toy task."""
    told = [
        row
        for name in TOYS
        for split in ("train", "dev", "test")
        for row in rows(dataset(name, split, present(name, split, None), limit=20), None)
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def test_rows_do_not_depend_on_the_hash_seed():
    here = str(Path(__file__).parent)
    code = f"import sys; sys.path.insert(0, {here!r}); import test_world; print(test_world.everything())"
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == everything()


def test_languages_share_nothing_but_names_and_signs():
    vocabularies = {
        name: {
            word for row in rows(dataset("toy_retrieval", "test", (name,)), None) for word in row[1].candidate.split()
        }
        for name in LANGUAGES
    }
    for one, other in ((one, other) for one in vocabularies for other in vocabularies if one < other):
        assert vocabularies[one] & vocabularies[other] <= {*NAMES, ".", "?"}


def test_translations_share_an_id_and_a_meaning():
    english, other = (list(rows(dataset("toy_polarity", "dev", (name,)), None)) for name in ("en", "hb"))
    assert [(row.id, row.label) for _, row in english] == [(row.id, row.label) for _, row in other]
    order = {
        name: Counter(row.tags for _, row in rows(dataset("toy_pos", "dev", (name,)), None)) for name in ("en", "hb")
    }
    assert ("NOUN", "VERB", "NOUN") in order["en"]
    assert ("NOUN", "NOUN", "VERB") in order["hb"]


def test_word_orders_differ_and_zz_was_never_seen():
    assert len({language.order for language in LANGUAGES.values()}) == 3
    assert "zz" in LANGUAGES
    assert "zz" not in find.task("toy_text").languages


def test_pretraining_amounts_fall_from_high_to_low():
    counted = words_by_language(dataset("toy_text", "train", ("ha", "ma", "la")), None)
    assert counted["ha"] > 2 * counted["ma"] > 4 * counted["la"] > 0


def test_every_word_of_a_test_occurs_in_pretraining_text():
    seen = {word for _, row in rows(dataset("toy_text", "train", ("en",)), None) for word in row.text.split()}
    assert set(words(list(TAGS), BASE)) <= seen


@pytest.mark.parametrize("split", ["dev", "test"])
def test_nothing_evaluated_is_trained_on(split):
    evaluated = [pin(dataset(name, split, present(name, split, None)), None) for name in EVALUATED]
    assert overlap.held_out(pin(dataset("toy_text", "train", ("en", "hc", "la")), None), evaluated, None) == ()
    for name in ("toy_polarity", "toy_pos", "toy_qa"):
        assert overlap.held_out(pin(dataset(name, "train", ("en",)), None), evaluated, None) == ()


def test_dev_and_test_share_nothing():
    dev, test = ([pin(dataset(name, split, ("en", "hb")), None) for name in EVALUATED] for split in ("dev", "test"))
    assert all(overlap.held_out(data, test, None) == () for data in dev)


def test_rows_of_a_split_are_distinct():
    for name in EVALUATED:
        found = [texts(row) for _, row in rows(dataset(name, "test", ("hc",)), None)]
        assert len(set(found)) == len(found)


def accuracy_of(feature: Callable[[PairExample], object]) -> float:
    """Accuracy on test, in percent, of the most frequent label that training has for a feature."""
    labels = defaultdict(Counter)
    for _, row in rows(dataset("toy_polarity", "train", ("en",)), None):
        labels[feature(row)][row.label] += 1
    test = [row for _, row in rows(dataset("toy_polarity", "test", ("en",)), None)]
    best = {key: counts.most_common(1)[0][0] for key, counts in labels.items()}
    return 100 * sum(best.get(feature(row), "positive") == row.label for row in test) / len(test)


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


@pytest.mark.parametrize(
    "feature",
    [
        lambda row: None,  # majority
        lambda row: (len(row.first.split()), len(row.second.split())),
        lambda row: len(words_of(row.first) & words_of(row.second)),
        lambda row: min(words_of(row.first) & set(words(list(TAGS)[28:40], BASE)), default=None),  # the verb alone
        lambda row: len(row.second.split()) > 4,  # the negation alone
        lambda row: row.second.split()[0],
    ],
    ids=["majority", "length", "overlap", "first side", "second side", "second subject"],
)
def test_no_short_cut_to_polarity(feature):
    deviation = 100 * (0.25 / find.task("toy_polarity").source.sizes["test"]) ** 0.5
    assert abs(accuracy_of(feature) - 50) < 3 * deviation


def test_polarity_is_decided_by_both_sides_together():
    verbs = set(words([f"verb{n}" for n in range(12)], BASE))
    assert accuracy_of(lambda row: (min(words_of(row.first) & verbs), len(row.second.split()))) == 100


def test_answers_of_toy_questions_are_not_in_the_question():
    for _, row in rows(dataset("toy_qa", "test", ("hb",)), None):
        ((answer, start),) = row.answers
        assert row.context[start:].split()[0] == answer
        assert answer not in row.question.split()


def test_unknown_names_are_refused():
    source = find.task("toy_qa").source
    with pytest.raises(HarnessError, match="has no language 'xx'"):
        list(source.rows(None, "test", "xx"))
    with pytest.raises(HarnessError, match=r"has no split 'tset'; did you mean 'test'\?"):
        list(source.rows(None, "tset", "en"))
    with pytest.raises(HarnessError, match="no train text in 'zz'"):
        list(find.task("toy_text").source.rows(None, "train", "zz"))
