"""The generated world: the same everywhere, nothing of dev and test in training, and no short cut to a label."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.catalog import find, overlap
from harness.catalog.data import dataset, pin, present, rows, texts, words_by_language
from harness.catalog.sources.world_grammar import FOOD_VERBS, FOODS, LANGUAGES, NAMES, SENSES, TOOLS, VERBS
from harness.catalog.sources.world_words import gloss, words
from harness.spec.errors import HarnessError
from harness.spec.example import Example
from tests.learning.shallow import guesses

TOYS = tuple(name for name in find.task_names() if name.startswith("toy_"))
EVALUATED = tuple(name for name in TOYS if name != "toy_text")
ENOUGH = 2000  # test rows for baselines


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
            word
            for row in rows(dataset("toy_nli", "test", (name,)), None)
            for word in f"{row[1].first} {row[1].second}".split()
        }
        for name in LANGUAGES
    }
    for one, other in ((one, other) for one in vocabularies for other in vocabularies if one < other):
        assert vocabularies[one] & vocabularies[other] <= {*NAMES, ".", "?"}


def test_translations_share_an_id_and_a_meaning():
    english, other = (list(rows(dataset("toy_polarity", "dev", (name,)), None)) for name in ("en", "hb"))
    assert [(row.id, row.label) for _, row in english] == [(row.id, row.label) for _, row in other]
    glosses = [
        (gloss("en", one.first), gloss("hb", two.first)) for (_, one), (_, two) in zip(english, other, strict=True)
    ]
    assert all(sorted(one.split()) == sorted(two.split()) for one, two in glosses)
    assert any(one != two for one, two in glosses)


def test_word_orders_differ():
    order = {
        name: Counter(row.tags for _, row in rows(dataset("toy_senses", "dev", (name,)), None))
        for name in ("en", "hb", "hc")
    }
    assert ("ANIMAL", "VERB", "FOOD") in order["en"]
    assert ("ANIMAL", "FOOD", "VERB") in order["hb"]
    assert ("VERB", "ANIMAL", "FOOD") in order["hc"]


def test_there_are_eight_languages_and_more_in_matched_triples():
    assert len(LANGUAGES) > 8
    for structure in "abc":
        grammars = {tuple(language[1:4]) for name, language in LANGUAGES.items() if name.endswith(structure)}
        assert len(grammars) == 1
    assert len({language.order for language in LANGUAGES.values()}) == 3


def test_pretraining_amounts_fall_from_high_to_low_to_none():
    counted = words_by_language(dataset("toy_text", "train", find.task("toy_text").languages), None)
    for structure in "abc":
        assert counted[f"h{structure}"] > 5 * counted[f"l{structure}"] > 0
        assert f"z{structure}" not in counted


def test_every_word_of_a_test_occurs_in_pretraining_text():
    seen = {word for _, row in rows(dataset("toy_text", "train", ("la",)), None) for word in texts(row)[0].split()}
    assert set(words(list(SENSES), LANGUAGES["la"])) <= seen


def test_opinions_in_pretraining_text_follow_from_what_is_told():
    follows = Counter()
    for _, row in rows(dataset("toy_text", "train", ("en",)), None):
        told = gloss("en", row.text).split(" . ")
        if len(told) == 2 and {"welcome", "regret"} & set(told[1].split()):
            (verb,) = set(told[0].split()) & set(VERBS)
            kind = (VERBS.index(verb) % 2 == 0) != ("not" in told[0].split())
            follows[kind == ("welcome" in told[1].split())] += 1
    assert follows[True] > 300
    assert follows[False] == 0


@pytest.mark.parametrize("split", ["dev", "test"])
def test_nothing_evaluated_is_trained_on(split):
    evaluated = [pin(dataset(name, split, present(name, split, None)), None) for name in EVALUATED]
    assert overlap.held_out(pin(dataset("toy_text", "train", ("en", "hc", "la", "hb")), None), evaluated, None) == ()
    for name in EVALUATED:
        if not find.task(name).train:
            continue
        assert overlap.held_out(pin(dataset(name, "train", ("en",)), None), evaluated, None) == ()


def test_dev_and_test_share_nothing():
    dev, test = ([pin(dataset(name, split, ("en", "hb")), None) for name in EVALUATED] for split in ("dev", "test"))
    assert all(overlap.held_out(data, test, None) == () for data in dev)


def test_rows_of_a_split_are_distinct():
    for name in EVALUATED:
        found = [texts(row) for _, row in rows(dataset(name, "test", ("hc",)), None)]
        assert len(set(found)) == len(found)


def both(task: str, language: str) -> tuple[list[Example], list[Example]]:
    """Many more rows than the task has, so that chance is told apart from a little better than chance."""
    source = dataclasses.replace(find.task(task).source, sizes={"train": 4000, "test": ENOUGH})
    return list(source.rows(None, "train", language)), list(source.rows(None, "test", language))


@pytest.mark.parametrize("task", ["toy_polarity", "toy_nli", "toy_choice", "toy_qa"])
def test_no_short_cut_to_a_label(task):
    """Majority, lengths, shared words, either side alone; in questions: which of two facts is asked about."""
    error = 100 * (0.25 / ENOUGH) ** 0.5
    for name, accuracy in guesses(*both(task, "en")).items():
        assert abs(accuracy - 50) < 3 * error, name


def test_senses_need_more_than_position():
    found = guesses(*both("toy_senses", "en"))
    assert found["majority"] < 25
    assert found["majority"] < found["position"] < 50


def test_retrieval_needs_more_than_names():
    test = [row for _, row in rows(dataset("toy_retrieval", "test", ("ha",)), None)]
    assert guesses([], test)["overlap"] < 10


def test_an_inference_is_decided_by_both_sides_together():
    for _, row in rows(dataset("toy_nli", "test", ("hc",)), None):
        said, opinion = (set(gloss("hc", text).split()) for text in (row.first, row.second))
        (verb,) = said & set(VERBS)
        kind = (VERBS.index(verb) % 2 == 0) != ("not" in said)
        assert row.label == ("entailment" if kind == ("welcome" in opinion) else "contradiction")


def test_the_right_choice_is_what_the_verb_is_for():
    for _, row in rows(dataset("toy_choice", "test", ("lb",)), None):
        verb = (set(gloss("lb", row.question).split()) & set(VERBS)).pop()
        right = gloss("lb", row.choices[row.label])
        assert right in (FOODS if verb in FOOD_VERBS else TOOLS)


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
    with pytest.raises(HarnessError, match="no train text in 'za'"):
        list(find.task("toy_text").source.rows(None, "train", "za"))
