"""Raw treebanks: fused tokens, hidden words and clean-up as XTREME has them, and real files token for token."""

import pytest

from harness.catalog.sources import conllu, tagged_lines
from harness.catalog.tasks.udpos import TASK, UPOS
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample


def line(number, form, tag="NOUN", head=0, deps="_"):
    return "\t".join((str(number), form, "_", tag, "_", "_", str(head), "dep", deps, "_"))


def sentence(*lines: str) -> str:
    return "\n".join(("# text", *lines)) + "\n\n"


@pytest.fixture
def tokens(tmp_path):
    """The tokens of a treebank with their tags, a list a sentence."""

    def read(*texts: str, language: str = "xx") -> list[list[tuple[str, str]]]:
        files = [tmp_path / f"{number}.conllu" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_bytes(text.encode())
        rows = list(conllu.read(files, language, tags=UPOS))
        assert [row.id for row in rows] == [str(number) for number in range(len(rows))]
        return [list(zip(row.words, row.tags or (), strict=True)) for row in rows]

    return read


def fused(first: tuple[str, int], second: tuple[str, int], deps: str = "_") -> str:
    """A token made of words 2 and 3, given by tag and head; word 1 is the root's child, word 4 hangs on it."""
    return sentence(
        line(1, "geht", "VERB", 0),
        line("2-3", "zum", "_", "_"),
        line(2, "zu", *first),
        line(3, "dem", *second, deps=deps),
        line(4, "Haus", "NOUN", 1),
    )


@pytest.mark.parametrize(
    ("first", "second", "language", "tag"),
    [
        (("ADP", 4), ("DET", 4), "xx", "ADP"),  # equally near: the default order
        (("DET", 4), ("ADP", 4), "xx", "ADP"),
        (("ADP", 4), ("DET", 1), "xx", "DET"),  # nearer to the root
        (("NOUN", 1), ("PRON", 1), "xx", "NOUN"),
        (("NOUN", 1), ("PRON", 1), "fr", "PRON"),  # French has its own order
        (("ADP", 4), ("AUX", 4), "es", "AUX"),
        (("PRON", 4), ("ADV", 4), "it", "ADV"),
        (("PRON", 4), ("ADV", 4), "xx", "PRON"),
        (("DET", 4), ("SYM", 4), "xx", "DET"),  # a tag that is not listed comes last
    ],
)
def test_a_fused_token_has_the_tag_of_the_word_nearest_to_the_root(tokens, first, second, language, tag):
    assert tokens(fused(first, second), language=language) == [[("geht", "VERB"), ("zum", tag), ("Haus", "NOUN")]]


def test_arcs_of_the_enhanced_tree_count_as_well(tokens):
    plain, deeper = tokens(fused(("DET", 1), ("VERB", 1))), tokens(fused(("DET", 1), ("VERB", 1), "4:x|1:y|8.1:z"))
    assert (plain[0][1], deeper[0][1]) == (("zum", "VERB"), ("zum", "DET"))


def test_empty_nodes_and_comments_are_no_tokens(tokens):
    text = sentence(line(1, "A", "X"), line("1.1", "B", "VERB", "_"), line(2, "C", "X", 1))
    assert tokens(text + "\n# a comment alone\n\n") == [[("A", "X"), ("C", "X")]]


def test_joiners_and_spaces_inside_words_go(tokens):
    assert tokens(sentence(line(1, "می\u200cشود", "VERB"), line(2, "10 000", "NUM", 1))) == [
        [("میشود", "VERB"), ("10000", "NUM")]
    ]


@pytest.mark.parametrize(
    ("forms", "kept"), [("_ _ _", False), ("_", False), ("_ .", False), ("a _", False), ("a b _", True), ("a", True)]
)
def test_sentences_of_hidden_words_are_left_out(tokens, forms, kept):
    words = [line(number, form, "X", number - 1) for number, form in enumerate(forms.split(), start=1)]
    assert len(tokens(sentence(*words))) == kept


def test_hidden_words_need_no_tag_where_their_sentence_is_left_out(tokens):
    """A treebank of hidden words alone, such as one whose text is not free, is in order."""
    assert tokens(sentence(line(1, "_", "_"), line(2, "_", "_", 1)), sentence(line(1, "a", "X"))) == [[("a", "X")]]


def test_files_are_read_in_turn_with_or_without_bom_and_carriage_returns(tokens):
    one, two = sentence(line(1, "a", "X")), sentence(line(1, "b", "X"))
    assert tokens("\ufeff" + one, two.replace("\n", "\r\n")) == [[("a", "X")], [("b", "X")]]


GOOD = sentence(line(1, "a", "X"), line(2, "b", "X", 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD[:-1], "line 3: no blank line follows the last sentence; is it cut off"),
        (GOOD[:-9], "line 3"),
        (GOOD.replace("\tdep\t_\t_\n\n", "\tdep\n\n"), "line 3: 8 columns; expected CoNLL-U: 10 columns"),
        (GOOD.replace("2\tb", "3\tb"), "line 3: .* the word's number is not 2"),
        (GOOD.replace("X", "XX", 1), "line 2: .* unknown tag 'XX'; did you mean 'X'"),
        (GOOD.replace("_\t1\tdep", "_\tone\tdep"), "line 3: .* the head 'one' is no number"),
        (GOOD.replace("_\t1\tdep", "_\t77\tdep"), "line 3: the head 77 of 'b' is no word of its sentence; .* 0 to 2"),
        (sentence(line(1, "a", "X", deps="9:x")), "line 2: the head 9 of 'a' is no word of its sentence; .* 0 to 1"),
        (sentence(line(1, "a", "X", deps="0:root|foo")), "line 2: .* 'foo' in DEPS is no head with its relation"),
        (sentence(line(1, "", "X")), "line 2: .* the form is empty"),
        (sentence(line("1-1", " ", "_", "_"), line(1, "a", "X")), "line 2: .* the form is empty"),
        (
            sentence(*(line(n, form, "X") for n, form in enumerate("ab", start=1)), line(3, "_", "_")),
            "line 4: .* tag '_'",
        ),
        (GOOD.replace("1\ta", "x.y\ta"), "line 2: .* the word's number is not 1"),
        (GOOD + sentence(line(1, "a", "X"), line("2-3", "bc", "_", "_")), "line 7: no words 2-3 for 'bc'; is the file"),
        (sentence(line("2-1", "ab", "_", "_"), line(1, "a", "X")), "line 2: no words 2-1"),
        (sentence(line("1-999999999", "ab", "_", "_"), line(1, "a", "X")), "line 2: no words 1-999999999"),
        ("# a comment\n\n# and one more\n\n", "holds no sentence; expected CoNLL-U"),
        ("\n", "holds no sentence; expected CoNLL-U"),
        ("", "is empty; expected CoNLL-U"),
    ],
)
def test_broken_treebanks_are_named_with_their_line(tokens, text, message):
    with pytest.raises(HarnessError, match=r"0\.conllu.*" + message):
        tokens(text)


def real(folder, language: str, split: str) -> list[TaggedExample]:
    files = sorted(folder.glob(f"ud_conllu/UD_*/{language}_*-ud-{split}*.conllu"))
    return list(conllu.read(files, language, tags=UPOS))


@pytest.mark.parametrize(
    ("language", "split"), [("af", "dev"), *((lg, s) for lg in ("mr", "te") for s in ("train", "dev"))]
)
def test_real_treebanks_give_xtremes_files_token_for_token(data_folder, language, split):
    prepared = tagged_lines.read([data_folder / f"udpos_xtreme/{split}-{language}.tsv"], language, tags=UPOS)
    assert real(data_folder, language, split) == list(prepared)


def test_real_fused_tokens_are_among_them(data_folder):
    raw = sorted(data_folder.glob("ud_conllu/UD_Marathi-*/*-train.conllu"))[0].read_text()
    assert sum("-" in row.split("\t")[0] for row in raw.splitlines() if row[:1].isdigit()) == 256


def test_treebanks_of_a_language_are_one_set_in_the_order_of_their_file_names(tmp_path):
    for place, form in (("UD_French-ParTUT/fr_partut", "a"), ("UD_French-PUD/fr_pud", "b"), ("UD_X/qfr_x", "c")):
        file = tmp_path / f"ud-treebanks-v2.5/{place}-ud-test.conllu"
        file.parent.mkdir(parents=True)
        file.write_text(sentence(line(1, form, "X")))
    assert [row.words for row in TASK.source.rows(tmp_path, "test", "fr")] == [("a",), ("b",)]


def test_release_2_5_is_xtremes_and_2_7_what_xtreme_r_added(tmp_path):
    for version, code in (("2.7", "fr"), ("2.7", "lt"), ("2.5", "pl")):
        file = tmp_path / f"ud-treebanks-v{version}/UD_A-B/{code}_b-ud-test.conllu"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sentence(line(1, code, "X")))
    assert TASK.source.languages(tmp_path, "test") == ("lt",)


def test_the_german_of_xtreme_is_without_lit(tmp_path):
    for name in ("gsd-ud-train", "hdt-ud-train-a-1", "hdt-ud-train-b-1", "lit-ud-train"):
        file = tmp_path / f"ud-treebanks-v2.5/UD_German-{name[:3].upper()}/de_{name}.conllu"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sentence(line(1, name, "X")))
    rows = list(TASK.source.rows(tmp_path, "train", "de"))
    assert [row.words[0] for row in rows] == ["gsd-ud-train", "hdt-ud-train-a-1", "hdt-ud-train-b-1"]
