"""Rows by content: pinned, held out, limited, shuffled, or read as plain text; and refused once the bytes change."""

import dataclasses
import os

import pytest

from harness.catalog import data, find, keys
from harness.catalog.data import dataset, pin, rows, words_by_language
from harness.catalog.memory import recall, remember
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, SpanExample, TextExample

SENTENCES = "One\tNUM\ncat\tNOUN\n\nTwo\tNUM\ncats\tNOUN\nsleep\tVERB\n\nDogs\tNOUN\n"


@pytest.fixture
def root(tmp_path):
    """A data folder with part-of-speech tags in two languages."""
    for language in ("de", "nl"):
        path = tmp_path / f"data/udpos/train-{language}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SENTENCES)
    return tmp_path / "data"


def ids(found) -> list[str]:
    return [f"{language}{example.id}" for language, example in found]


def test_rows_come_part_by_part_in_published_order(root):
    assert ids(rows(dataset("udpos", "train", ("de", "nl")), root)) == ["de0", "de1", "de2", "nl0", "nl1", "nl2"]


def test_pin_fills_in_what_is_at_hand(root):
    pinned = pin(dataset("udpos", "train", ("de", "sw")), root)
    assert [part.digest is None for part in pinned.parts] == [False, True]
    assert not pin(dataset("udpos", "train", ("de",)), None).at_hand


def test_a_digest_knows_bytes_and_no_path(root, tmp_path):
    moved = tmp_path / "elsewhere"
    (moved / "udpos").mkdir(parents=True)
    (moved / "udpos/train-de.tsv").write_text(SENTENCES)
    made = dataset("udpos", "train", ("de",))
    assert pin(made, root) == pin(made, moved)
    (moved / "udpos/train-de.tsv").write_text(SENTENCES.replace("cats", "cars"))
    assert pin(made, root) != pin(made, moved)


def test_rows_that_changed_since_the_plan_are_refused(root):
    pinned = pin(dataset("udpos", "train", ("de",)), root)
    assert len(list(rows(pinned, root))) == 3
    (root / "udpos/train-de.tsv").write_text(SENTENCES.replace("cats", "cars"))
    with pytest.raises(HarnessError, match="udpos, train, de: the file changed since the plan was made"):
        list(rows(pinned, root))


def test_rows_of_another_task_version_are_refused(root):
    made = dataclasses.replace(dataset("udpos", "train", ("de",)), version=99)
    with pytest.raises(HarnessError, match="planned with version 99 of the task"):
        list(rows(made, root))


def test_held_out_rows_go_before_the_limit(root):
    made = dataset("udpos", "train", ("de", "nl"), held_out=(keys.key("one CAT!"),), limit=1)
    assert ids(rows(made, root)) == ["de1", "nl1"]


def test_masked_text_is_each_text_once(root):
    text = (dataset("udpos", "train", ("de",)), dataset("udpos", "train", ("de", "nl"), limit=1))
    found = list(rows(dataset("mlm", "train", (), text=text), root))
    assert [(language, example.text) for language, example in found] == [
        ("de", "One cat"),
        ("de", "Two cats sleep"),
        ("de", "Dogs"),
        ("nl", "One cat"),
    ]
    assert words_by_language(dataset("mlm", "train", (), text=text), root) == {"de": 6, "nl": 2}


def translations(root, monkeypatch, *examples):
    """Sets that read `examples` as the German text of a task."""

    class Made:
        def languages(self, root, split):
            return ("de",)

        def digest(self, root, split, language):
            return None

        def rows(self, root, split, language):
            return iter(examples)

    known = find.task
    made = dataclasses.replace(known("toy_text"), source=Made(), languages=("de",))
    monkeypatch.setattr(find, "task", lambda name: made if name == "toy_text" else known(name))
    return dataset("toy_text", "train", ("de",))


def test_masked_text_keeps_a_translation_with_its_text(root, monkeypatch):
    pairs = (
        TextExample("0", "ein Hund", "a dog"),
        TextExample("1", "ein Hund"),
        TextExample("2", "ein Hund", "one dog"),
        TextExample("3", "ein Hund", "a dog"),
    )
    made = translations(root, monkeypatch, *pairs)
    text = dataset("mlm", "train", (), text=(made, dataset("udpos", "train", ("de",), limit=1)))
    assert [(example.id, example.text, example.translation) for _, example in rows(text, root)] == [
        ("toy_text/train/0/0", "ein Hund", "a dog"),
        ("toy_text/train/1/0", "ein Hund", None),
        ("toy_text/train/2/0", "ein Hund", "one dog"),
        ("udpos/train/0/0", "One cat", None),
    ]


def test_the_words_of_a_translation_are_counted_with_those_of_its_text(root, monkeypatch):
    made = translations(root, monkeypatch, TextExample("0", "ein Hund", "it is a dog"), TextExample("1", "Hunde"))
    assert words_by_language(made, root) == {"de": 2 + 4 + 1}
    assert words_by_language(dataset("mlm", "train", (), text=(made,)), root) == {"de": 2 + 4 + 1}


def test_a_text_whose_translation_is_held_out_is_held_out(root, monkeypatch):
    pairs = (TextExample("0", "ein Hund", "a dog"), TextExample("1", "eine Katze", "a cat"))
    made = dataclasses.replace(translations(root, monkeypatch, *pairs), held_out=(keys.key("A dog."),))
    assert ids(rows(made, root)) == ["de1"]


def test_letters_are_the_words_of_scripts_without_spaces(root):
    (root / "udpos/train-zh.tsv").write_text("我们\tPRON\n喜欢\tVERB\n猫\tNOUN\n。\tPUNCT\n")
    (root / "udpos/train-th.tsv").write_text("แมว\tNOUN\n")
    assert words_by_language(dataset("udpos", "train", ("zh", "th")), root) == {"zh": 5, "th": 3}


def test_texts_of_questions_leave_answers_out():
    assert data.texts(SpanExample("1", "Who?", "A cat.", (("cat", 2),))) == ("A cat.", "Who?")
    assert data.texts(PairExample("1", "A", "B", "yes")) == ("A", "B")


def test_a_question_and_its_choices_are_one_text():
    """One question stands on many contexts and a choice may be a word: alone they would be found everywhere."""
    assert data.texts(ChoiceExample("1", "A cat.", "Why?", ("Fun", "No"), 0)) == ("A cat.", "Why? Fun No")
    assert data.texts(ChoiceExample("1", "A cat.", "", ("Fun", "No"), 0)) == ("A cat.", "Fun No")


def test_digests_are_remembered_in_a_file(root, tmp_path):
    cache = tmp_path / "cache.json"
    for file in (root / "udpos").iterdir():
        os.utime(file, (1, 1))
    made = dataset("udpos", "train", ("de",))
    assert pin(made, root, cache) == pin(made, root)
    remember(cache, "other", {"kept": 1})
    assert recall(cache, "other") == {"kept": 1}


@pytest.mark.parametrize("damaged", ["", "[]", '{"digests": 3}', '{"digests": {'])
def test_a_damaged_cache_is_ignored(root, tmp_path, damaged):
    cache = tmp_path / "cache.json"
    cache.write_text(damaged)
    made = dataset("udpos", "train", ("de",))
    assert pin(made, root, cache) == pin(made, root)
    remember(cache, "digests", {"a": "b"})
    assert recall(cache, "digests")["a"] == "b"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ｆull  width!", "full width", True),
        ("naïve", "NAÏVE.", True),
        ("ab c", "a bc", True),
        ("yes", "yet", False),
    ],
)
def test_keys_ignore_spacing_case_and_signs(one, other, same):
    assert (keys.key(one) == keys.key(other)) is same


def test_letters_of_scripts_without_spaces_count_as_words():
    assert keys.words("日本語 and ไทย.") == ["日", "本", "語", "and", *"ไทย"]
