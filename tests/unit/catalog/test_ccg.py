"""CCG supertags: CCGbank's trees, lines of words and tags, labels from the training rows, and word accuracy."""

import pytest

from harness.catalog import data, find
from harness.catalog.metrics import word_accuracy
from harness.catalog.sources import ccg_files
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample

TREE = (
    "(<T S[dcl] 0 2> (<T NP 0 1> (<L N NNP NNP Ann N>) ) (<T S[dcl]\\NP 0 2> "
    "(<L (S[dcl]\\NP)/NP VBZ VBZ sees (S[dcl]\\NP_8)/NP_9 {see.01:rel}>) (<L NP PRP PRP -LRB- NP>) ) )"
)
TAGS = ("N", "(S[dcl]\\NP)/NP", "NP")


def bank(*names):
    return "".join(f"ID={name} PARSER=GOLD NUMPARSE=1\n{TREE}\n" for name in names)


def test_the_leaves_of_a_tree(put):
    path = put("x.auto", "\ufeff" + bank("wsj_0001.1", "wsj_0001.2").replace("\n", "\r\n"))
    first, second = ccg_files.read_trees([path], "en")
    assert first == TaggedExample("wsj_0001.1", ("Ann", "sees", "-LRB-"), TAGS)
    assert second.id == "wsj_0001.2"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (bank("a")[:-3], "line 2: the tree of a is not whole; is the file cut off"),
        (bank("a")[:-30], "line 2: the tree of a is not whole"),
        ("ID=a PARSER=GOLD NUMPARSE=1\n", "line 2: the tree of a is not whole"),
        (TREE + "\n", "line 1: .*; expected a line ID="),
        (bank("a", "a"), "line 3: the id 'a' occurs twice, first in .*, line 1"),
        ("", "is empty"),
    ],
)
def test_bad_trees(put, text, sentence):
    with pytest.raises(HarnessError, match=sentence):
        list(ccg_files.read_trees([put("x.auto", text)], "en"))


def test_lines_of_words_and_tags(put):
    path = put("ccg.train", "Ann sees him\tN (S[dcl]\\NP)/NP NP\r\nHe\tNP\r\n")
    assert list(ccg_files.read_lines_of_tags([path], "en")) == [
        TaggedExample("0", ("Ann", "sees", "him"), TAGS),
        TaggedExample("1", ("He",), ("NP",)),
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Ann sees\tN", "line 2: 2 and 1 items between tabs"),
        ("Ann sees", "line 2: 2 items between tabs; expected words<TAB>supertags"),
        ("Ann\tN\tNP", "line 2: 1 and 1 and 1 items"),
        ("", "line 2: 0 items"),
    ],
)
def test_bad_lines_of_words_and_tags(put, line, sentence):
    with pytest.raises(HarnessError, match=sentence):
        list(ccg_files.read_lines_of_tags([put("ccg.train", f"He\tNP\n{line}\n")], "en"))


def test_ccgbank_is_read_by_sections(put, tmp_path):
    for section in range(25):
        put(f"ccg/ccgbank_1_1/data/AUTO/{section:02d}/wsj_{section:02d}01.auto", bank(f"wsj_{section:02d}01.1"))
    put("ccg/ccgbank_1_1/data/AUTO/02/wsj_0200.auto", bank("wsj_0200.1"))
    source = find.task("ccg").source
    ids = {split: [row.id for row in source.rows(tmp_path, split, "en")] for split in source.splits}
    assert ids["dev"] == ["wsj_0001.1"]
    assert ids["test"] == ["wsj_2301.1"]
    assert len(ids["train"]) == 21
    assert ids["train"][:2] == ["wsj_0200.1", "wsj_0201.1"]
    assert source.digest(tmp_path, "train", "en") != source.digest(tmp_path, "dev", "en")


def test_labels_are_those_of_the_training_rows(put, tmp_path):
    put("ccg/ccg.train", "Ann sees him\tN (S[dcl]\\NP)/NP NP\n")
    put("ccg/ccg.dev", "Ann rarely\tN (S\\NP)/(S\\NP)\n")
    planned = [data.dataset("ccg", split, ("en",)) for split in ("train", "dev")]
    assert [made.labels for made in planned] == [(), ()]
    assert {data.pin(made, tmp_path).labels for made in planned} == {("(S[dcl]\\NP)/NP", "N", "NP")}
    put("ccg/ccg.train", "Ann\tN\n")
    assert data.pin(planned[0], tmp_path).labels == ("N",)
    assert data.pin(planned[0], None).labels == ()


def test_a_declared_label_set_stays_when_it_is_pinned(tmp_path):
    made = data.dataset("udpos", "train", ("en",))
    assert data.pin(made, tmp_path).labels == find.task("udpos").labels


GOLD = [TaggedExample("0", ("a", "b", "c"), ("N", "N", "NP")), TaggedExample("1", ("d",), ("(N/N)/N",))]


def test_word_accuracy_counts_words_not_sentences():
    perfect = {"0": ["N", "N", "NP"], "1": ["(N/N)/N"]}
    assert word_accuracy.score(GOLD, perfect, "en") == {"score": 100.0}
    assert word_accuracy.score(GOLD, {**perfect, "1": ["N"]}, "en") == {"score": 75.0}
    assert word_accuracy.chance(GOLD, "en") == 50.0


def test_word_accuracy_refuses_what_it_cannot_score():
    with pytest.raises(HarnessError, match="2 tags are predicted for a sentence of 3 words"):
        word_accuracy.score(GOLD, {"0": ["N", "N"], "1": ["N"]}, "en")
    with pytest.raises(HarnessError, match="no prediction for example '1'"):
        word_accuracy.score(GOLD, {"0": ["N", "N", "N"]}, "en")
    with pytest.raises(HarnessError, match="gold is hidden"):
        word_accuracy.score([GOLD[0]._replace(tags=None)], {"0": ["N", "N", "N"]}, "en")


def test_published_fixture(data_folder):
    first, second = ccg_files.read_trees([data_folder / "ccg/ccgbank_auto_fixture.txt"], "en")
    assert (first.id, second.id) == ("wsj_0001.1", "wsj_0001.2")
    assert first.words[:3] == ("Pierre", "Vinken", ",")
    assert first.tags[-2:] == ("N[num]", ".")
    assert (len(first.words), len(second.words)) == (18, 13)
