"""What is evaluated is not trained on: equal, containing and contained texts, in every language at hand."""

import dataclasses

import pytest

from harness.catalog import overlap
from harness.catalog.data import dataset, pin, present, rows, texts
from harness.catalog.keys import key
from harness.catalog.memory import recall
from harness.spec.errors import HarnessError

LONG = "a sentence of exactly eight words stands here"
SHORT = "only four words here"


@pytest.fixture
def root(tmp_path):
    """A data folder with training tags and sentences that are evaluated."""
    (tmp_path / "tatoeba").mkdir()
    (tmp_path / "tatoeba/tatoeba.lit-eng.lit").write_text("Een zin met precies acht woorden staat hier\nNee\n")
    (tmp_path / "tatoeba/tatoeba.lit-eng.eng").write_text(f"{LONG}\n{SHORT}\n")
    return tmp_path


def held_out(root, *sentences: str, evaluated: str = "tatoeba", cache=None, limit=None) -> tuple[str, ...]:
    """Which of the sentences are held out, as texts."""
    file = root / "udpos/train-de.tsv"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join("".join(f"{word}\tX\n" for word in text.split()) for text in sentences))
    trained = pin(dataset("udpos", "train", ("de",), limit=limit), root)
    found = overlap.held_out(trained, [pin(dataset(evaluated, "test", ("fr",)), root)], root, cache)
    return tuple(text for text in sentences if key(text) in found)


def test_equal_texts_in_any_language_at_hand(root):
    assert held_out(root, "Only four words , here !", "nee", "Ja") == ("Only four words , here !", "nee")


def test_texts_that_contain_a_long_one(root):
    assert held_out(root, f"Well : {LONG} , no ?", f"and {SHORT} as well") == (f"Well : {LONG} , no ?",)


def test_texts_that_lie_within_a_long_one(root):
    (root / "tatoeba/tatoeba.lit-eng.eng").write_text(f"And then {LONG} again\n{SHORT}\n")
    assert held_out(root, LONG, "exactly eight words") == (LONG,)


def test_the_same_start_alone_is_no_overlap(root):
    assert held_out(root, f"{LONG.removesuffix('here')} there", "a sentence of exactly eight words sits here") == ()


def test_rows_that_move_up_within_a_limit_are_looked_at_too(root):
    assert held_out(root, "nee", SHORT, "ja", limit=1) == ("nee", SHORT)


@pytest.mark.parametrize("limit", [None, 1])
def test_a_set_of_which_nothing_is_left_is_refused_and_not_remembered(root, tmp_path, limit):
    cache = tmp_path / "cache.json"
    sentence = r"^all 2 rows of udpos's train \(de\) are evaluated in this study, so that none is left to train on; "
    for _ in range(2):
        with pytest.raises(HarnessError, match=sentence):
            held_out(root, "nee", SHORT, cache=cache, limit=limit)


def test_no_data_folder_means_nothing_to_hold_out():
    evaluated = dataset("tatoeba", "test", ("de",))
    assert overlap.held_out(dataset("toy_senses", "train", ("en",)), [evaluated], None) == ()


def test_the_answer_is_cached_by_content(root, tmp_path):
    cache = tmp_path / "cache.json"
    assert held_out(root, "nee", "jawel", cache=cache) == ("nee",)
    (name,) = recall(cache, "held_out")
    assert held_out(root, "nee", "jawel", cache=cache) == ("nee",)
    assert list(recall(cache, "held_out")) == [name]
    assert held_out(root, "ja", cache=cache) == ()
    assert len(recall(cache, "held_out")) == 2


def test_the_contexts_that_squad_shares_with_xquad(real_data):
    trained = pin(dataset("squad_v2", "train", ("en",)), real_data)
    evaluated = pin(dataset("xquad", "test", ("de",)), real_data)  # English is looked at all the same
    found = overlap.held_out(trained, [evaluated], real_data)
    before = {example.context for _, example in rows(trained, real_data)}
    after = {example.context for _, example in rows(dataclasses.replace(trained, held_out=found), real_data)}
    shared = {example.context for _, example in rows(dataset("xquad", "test", ("en",)), real_data)} & before
    assert len(shared) == 38
    assert before - after == shared


def test_every_pretraining_text_is_free_of_what_is_evaluated(real_data):
    evaluated = [pin(dataset("udpos", "dev", ("mr",)), real_data), pin(dataset("xquad", "test", ("en",)), real_data)]
    tested = {
        key(text)
        for item in evaluated
        for _, example in rows(dataset(item.task, item.split, present(item.task, item.split, real_data)), real_data)
        for text in texts(example)
    } - {key("")}
    for task, split, languages in (("squad_v2", "train", ("en",)), ("udpos", "train", ("af", "mr"))):
        trained = pin(dataset(task, split, languages), real_data)
        clean = dataclasses.replace(trained, held_out=overlap.held_out(trained, evaluated, real_data))
        text = dataset("mlm", "train", (), text=(clean,))
        assert tested.isdisjoint(key(example.text) for _, example in rows(text, real_data))
