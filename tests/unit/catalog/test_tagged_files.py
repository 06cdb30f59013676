"""PAN-X in the places and formats in which it is published, and tagged lines that are not in order."""

import pytest

from harness.catalog.data import dataset, rows
from harness.catalog.sources import tagged_lines
from harness.catalog.tasks import panx
from harness.spec.errors import HarnessError
from harness.spec.example import TaggedExample

ROW = TaggedExample("0", ("Oslo", ":"), ("B-LOC", "O"))


@pytest.fixture
def put(tmp_path):
    """Writes a file below the data folder and gives its path."""

    def write(path: str, text: str):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
        return tmp_path / path

    return write


def read(path, language: str = "no"):
    return list(tagged_lines.read_wikiann([path], language, tags=panx.TAGS))


def test_wikiann_has_the_language_before_each_token(put):
    assert read(put("dev", "no:Oslo\tB-LOC\nno::\tO\n\n\nno:a\tO\n\n")) == [ROW, TaggedExample("1", ("a",), ("O",))]
    assert read(put("dev", "\ufeffno:Oslo\tB-LOC\r\nno::\tO\r\n\r\n")) == [ROW]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no:Oslo\tB-LOC\nde:a\tO\n\n", "line 2: 'de:a\tO' is not one of language:token<TAB>tag lines.*, in 'no'"),
        ("no:Oslo\tB-LOC\nOslo\tO\n\n", "line 2"),
        ("no:a\tO\n\nno:Oslo\n\n", "line 3: 'Oslo' is not one of token<TAB>tag lines"),
        ("no:a\tO\tO\n\n", "line 1"),
        ("no:\tO\n\n", "line 1"),
        ("no:Oslo\tB-LOK\n\n", "line 1: unknown tag 'B-LOK'; did you mean 'B-LOC'"),
        ("no:a\tO\n\nno:b\tO", "dev: its last line is not closed by a line end"),
        ("", "is empty; expected language:token<TAB>tag lines"),
        ("\n\n", "dev: holds no sentence; expected"),
        ("no: \tO\n\n", "line 1"),
    ],
)
def test_broken_wikiann(put, text, message):
    with pytest.raises(HarnessError, match=message):
        read(put("dev", text))


@pytest.mark.parametrize(
    "path",
    [
        "wikiann/sw/sw.tar.gz/test",
        "wikiann/sw/test",
        "panx/sw.tar.gz/test",
        "panx/sw/test",
        "panx_dataset/sw-test",
        "AmazonPhotos/sw/test",
    ],
)
def test_gold_is_found_wherever_the_archives_were_unpacked(put, tmp_path, path):
    put("panx/test-sw.tsv", "a\nb\n\n" * 1_000)
    put(path, "sw:a\tO\nsw:b\tB-PER\n\n" * 1_000)
    found = list(panx.TASK.source.rows(tmp_path, "test", "sw"))
    assert len(found) == 1_000
    assert found[0].tags == ("O", "B-PER")


def test_xtremes_own_test_files_hide_the_tags(put, tmp_path):
    put("panx/test-jv.tsv", "a\nb\n\n" * 100)
    put("panx/dev-jv.tsv", "a\tO\nb\tI-LOC\n\n" * 100)
    assert {row.tags for row in panx.TASK.source.rows(tmp_path, "test", "jv")} == {None}
    assert {row.tags for row in panx.TASK.source.rows(tmp_path, "dev", "jv")} == {("O", "I-LOC")}


def test_a_set_that_is_not_whole_is_refused(put, tmp_path):
    put("wikiann/yo/test", "yo:a\tO\n\n" * 99)
    with pytest.raises(HarnessError, match="wikiann/yo/test: holds 99 rows; expected the 100 that were published"):
        list(panx.TASK.source.rows(tmp_path, "test", "yo"))


def test_sizes_are_those_of_48_languages():
    assert {split: len(sizes) for split, sizes in panx.COUNTS.items()} == {"train": 48, "dev": 48, "test": 48}
    assert set(panx.COUNTS["test"]) == set(panx.CODES)
    assert sorted(code for code, size in panx.COUNTS["test"].items() if size == 100) == [
        "gu",
        "jv",
        "my",
        "pa",
        "qu",
        "yo",
    ]


def test_few_shot_samples_train_where_nothing_better_is_at_hand(data_folder):
    found = [row for _, row in rows(dataset("panx", "train", ("ru",)), data_folder)]
    assert len(found) > 500
    assert {tag for row in found for tag in row.tags} == set(panx.TAGS)


def test_published_samples_of_every_language(data_folder):
    files = sorted(data_folder.glob("format_samples/wikiann/*/*.tar.gz/*"))
    assert len(files) == 3 * 48
    for file in files:
        sentences = read(file, file.parent.name.split(".")[0])
        lines = [line for line in file.read_text().split("\n") if line]
        assert sum(len(row.words) for row in sentences) == len(lines)


def test_characters_of_unspaced_scripts_keep_the_mark_that_begins_a_sentence(put):
    path = put("train", "ja:#\tO\nja:東\tB-LOC\nja:京\tI-LOC\n\n")
    assert read(path, "ja")[0] == TaggedExample("0", ("#", "東", "京"), ("O", "B-LOC", "I-LOC"))
