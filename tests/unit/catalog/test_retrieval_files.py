"""Readers of translated sentences: Tatoeba's pairs of lines and BUCC's lists, in every layout, whole and broken."""

import pytest

from harness.catalog import find
from harness.catalog.data import present
from harness.catalog.sources import aligned_lines, bucc_files
from harness.catalog.tasks import bucc2018, tatoeba
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample


def read(reader, *paths, language="en"):
    return list(reader(paths, language))


def test_english_lines_as_xtreme_sorts_them_hide_what_they_answer(put):
    other, english = put("af-en.af", "twee\neen\n"), put("af-en.en", "one\ntwo\n")
    assert read(aligned_lines.read_sorted, other, english) == [
        RetrievalExample("0", "one", "twee", None),
        RetrievalExample("1", "two", "een", None),
    ]


def test_english_lines_in_another_order_are_not_xtremes(put):
    other, english = put("af-en.af", "een\ntwee\ndrie\n"), put("af-en.en", "one\ntwo\nthree\n")
    with pytest.raises(HarnessError, match=r"af-en.en, line 3: sorts before the line above; expected English lines as"):
        read(aligned_lines.read_sorted, other, english)


@pytest.mark.parametrize(
    ("names", "gold"),
    [
        (("tatoeba/v1/tatoeba.jav-eng.jav", "tatoeba/v1/tatoeba.jav-eng.eng"), ("0",)),
        (("tatoeba/tatoeba.jav-eng.jav", "tatoeba/tatoeba.jav-eng.eng"), ("0",)),
        (("tatoeba/jv-en.jv", "tatoeba/jv-en.en"), None),
    ],
)
def test_tatoeba_lies_in_three_places(put, tmp_path, names, gold):
    for name in names:
        put(name, "a\n" * 205)
    for task in ("tatoeba", "tatoeba_raw"):
        assert next(find.task(task).source.rows(tmp_path, "test", "jv")).answers == gold
        assert present(task, "test", tmp_path) == ("jv",)


def test_a_cut_off_language_of_tatoeba_is_seen(put, tmp_path):
    for name in ("jv-en.jv", "jv-en.en"):
        put(f"tatoeba/{name}", "a\n" * 204)
    with pytest.raises(HarnessError, match=r"jv-en.jv and .*jv-en.en: holds 204 rows; expected the 205 that were"):
        list(tatoeba.TASK.source.rows(tmp_path, "test", "jv"))


def bucc(put, folder, part, gold=("de-2\ten-1",)):
    put(f"{folder}de-en.{part}.de", "de-1\tEins.\nde-2\tZwei.\n")
    put(f"{folder}de-en.{part}.en", "en-1\tTwo.\nen-2\tThree.\nen-3\tFour.\n")
    if gold is not None:
        put(f"{folder}de-en.{part}.gold", "".join(f"{line}\n" for line in gold))


def test_bucc_as_published_with_gold(put, tmp_path):
    bucc(put, "bucc2018/de-en/", "training")
    bucc(put, "bucc2018/de-en/", "sample", gold=("de-1\ten-2",))
    assert list(bucc2018.TASK.source.rows(tmp_path, "test", "de")) == [
        RetrievalExample("de-1", "Eins.", None, ()),
        RetrievalExample("de-2", "Zwei.", None, ("en-1",)),
        RetrievalExample("en-1", None, "Two.", ()),
        RetrievalExample("en-2", None, "Three.", ()),
        RetrievalExample("en-3", None, "Four.", ()),
    ]
    assert next(row.answers for row in bucc2018.TASK.source.rows(tmp_path, "dev", "de")) == ("en-2",)


def test_bucc_as_xtreme_prepares_it_hides_the_gold_of_its_test(put, tmp_path):
    bucc(put, "bucc2018/", "test", gold=None)
    bucc(put, "bucc2018/", "dev")
    assert {row.answers for row in bucc2018.TASK.source.rows(tmp_path, "test", "de")} == {None}
    assert {row.answers for row in bucc2018.TASK.source.rows(tmp_path, "dev", "de")} == {(), ("en-1",)}
    assert present("bucc2018", "test", tmp_path) == ("de",)


def test_bucc_without_one_of_its_texts_is_an_error(put, tmp_path):
    put("bucc2018/fr-en.dev.fr", "fr-1\tUn.\n")
    with pytest.raises(HarnessError, match=r"fr-en.dev.en: is missing, though it belongs with fr-en.dev.fr"):
        present("bucc2018", "dev", tmp_path)


@pytest.mark.parametrize(
    ("german", "gold", "sentence"),
    [
        ("de-1\tEins.\nde-2 Zwei.\n", "", "de, line 2: 1 columns; expected id<TAB>sentence lines"),
        ("de-1\tEins.\tUno.\n", "", "de, line 1: 3 columns"),
        ("de-1\tEins.\nfr-2\tDeux.\n", "", "de, line 2: 'fr-2'; expected an id such as de-000000001"),
        ("de-1\tEins.\nde-2\t\n", "", "de, line 2: 'de-2'; expected an id"),
        ("de-1\tEins.\nde-1\tZwei.\n", "", "de, line 2: the id 'de-1' occurs twice"),
        ("", "", "de: is empty; expected id<TAB>sentence lines"),
        ("de-1\tEins.\n", "", "gold: is empty; expected id<TAB>English id lines"),
        ("de-1\tEins.\n", "de-1\ten-1\nde-9\ten-1\n", "gold, line 2: there is no sentence 'de-9'; is a file cut off"),
        ("de-1\tEins.\n", "de-1\ten-9\n", "gold, line 1: there is no sentence 'en-9'"),
        ("de-1\tEins.\n", "de-1\ten-1\nde-1\ten-1\n", "gold, line 2: the pair occurs twice"),
        ("de-1\tEins.\n", "de-1\n", "gold, line 1: 1 columns; expected id<TAB>English id lines"),
    ],
)
def test_broken_bucc(put, german, gold, sentence):
    paths = put("de-en.dev.de", german), put("de-en.dev.en", "en-1\tOne.\n"), put("de-en.dev.gold", gold)
    with pytest.raises(HarnessError, match=rf"de-en.dev.{sentence}"):
        read(bucc_files.read, *paths, language="de")
