"""Published files as a source: which layout counts, what a digest covers, and what is said of missing files."""

import hashlib
import json
from functools import partial

import pytest

from harness.catalog.sources import aligned_lines, pair_lines
from harness.catalog.sources.published import Files, Layout
from harness.catalog.tasks import anli, squad, udpos
from harness.spec.errors import HarnessError

READ = partial(pair_lines.read_xtreme, labels=("yes", "no"))
SOURCE = Files(
    layouts=(
        Layout(("train", "dev"), ("official/{split}-{language}.tsv",), READ, {"dev": {"af": 2}}),
        Layout(("train",), ("half/dev-{code}.tsv",), READ),
        Layout(("test",), ("pairs.{code}-eng.{code}", "pairs.{code}-eng.eng"), aligned_lines.read),
    ),
    known=("sw", "af"),
    codes={"sw": "swh"},
)


@pytest.fixture
def put(tmp_path):
    """Writes a file below the data folder."""

    def write(path: str, text: str) -> bytes:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
        return text.encode()

    return write


def test_languages_are_those_with_files(put, tmp_path):
    put("half/dev-swh.tsv", "A\tB\tyes\n")
    put("official/train-af.tsv", "A\tB\tyes\n")
    assert SOURCE.languages(tmp_path, "train") == ("af", "sw")
    assert SOURCE.languages(tmp_path, "dev") == SOURCE.languages(None, "train") == ()


def test_the_first_layout_counts(put, tmp_path):
    put("half/dev-swh.tsv", "A\tB\tyes\n")
    assert [row.first for row in SOURCE.rows(tmp_path, "train", "sw")] == ["A"]
    official = put("official/train-sw.tsv", "C\tD\tno\n")
    assert [row.first for row in SOURCE.rows(tmp_path, "train", "sw")] == ["C"]
    assert SOURCE.digest(tmp_path, "train", "sw") == hashlib.sha256(official).hexdigest()


def test_digest_covers_every_file_and_no_path(put, tmp_path):
    put("a/pairs.swh-eng.swh", "moja\n"), put("a/pairs.swh-eng.eng", "one\n")
    put("b/pairs.swh-eng.swh", "moja\n"), put("b/pairs.swh-eng.eng", "one\n")
    put("c/pairs.swh-eng.swh", "moja\n"), put("c/pairs.swh-eng.eng", "One\n")
    same, as_well, other = (SOURCE.digest(tmp_path / folder, "test", "sw") for folder in "abc")
    assert same == as_well != other


def test_missing_files_are_named_with_what_was_expected(tmp_path):
    assert SOURCE.digest(tmp_path, "train", "sw") is None
    expected = "expected official/train-sw.tsv or half/dev-swh.tsv below"
    with pytest.raises(HarnessError, match=f"the train rows of 'sw' are not at hand: {expected} {tmp_path}"):
        list(SOURCE.rows(tmp_path, "train", "sw"))
    with pytest.raises(HarnessError, match=f"{expected} a data folder, which --data names"):
        list(SOURCE.rows(None, "train", "sw"))


def test_half_of_a_pair_of_files_is_an_error(put, tmp_path):
    put("pairs.swh-eng.swh", "moja\n")
    with pytest.raises(HarnessError, match=r"pairs.swh-eng.eng: is missing, though it belongs with pairs.swh-eng.swh"):
        SOURCE.languages(tmp_path, "test")


def test_an_unpublished_split_is_named(tmp_path):
    with pytest.raises(HarnessError, match="the split 'valid' is not published; known: dev, test, train"):
        list(SOURCE.rows(tmp_path, "valid", "sw"))


def test_a_published_number_of_rows_is_checked(put, tmp_path):
    put("official/dev-af.tsv", "A\tB\tyes\n")
    with pytest.raises(HarnessError, match=r"dev-af.tsv: holds 1 rows; expected the 2 that were published"):
        list(SOURCE.rows(tmp_path, "dev", "af"))
    put("official/dev-sw.tsv", "A\tB\tyes\n")
    assert len(list(SOURCE.rows(tmp_path, "dev", "sw"))) == 1


def test_files_cut_off_at_a_line_end_are_seen(put, tmp_path, real_data):
    for name, task, split, language in (
        ("udpos_xtreme/train-en.tsv", udpos, "train", "en"),
        ("udpos_xtreme/dev-en.tsv", udpos, "dev", "en"),
        ("anli/ANLI_analysis_r1_dev.csv", anli, "train", "en"),
    ):
        lines = (real_data / name).read_bytes().decode().splitlines(keepends=True)
        assert list(task.TASK.source.rows(real_data, split, language))
        put(name, "".join(lines[:-40]))
        with pytest.raises(HarnessError, match="were published"):
            list(task.TASK.source.rows(tmp_path, split, language))


def test_an_id_occurs_once(put, tmp_path):
    line = '{"uid": "u", "context": "A", "hypothesis": "B", "label": "c"}\n'
    for part in ("R1", "R2", "R3"):
        put(f"anli_v1.0/{part}/train.jsonl", line)
    with pytest.raises(HarnessError, match="the id 'u' occurs twice"):
        list(anli.TASK.source.rows(tmp_path, "train", "en"))


def test_squad_is_read_from_its_official_layout(put, tmp_path):
    question = {"id": "q1", "question": "Who?", "answers": [{"text": "cat", "answer_start": 4}]}
    article = {"title": "Cats", "paragraphs": [{"context": "The cat sat.", "qas": [question]}]}
    put("squad/train-v1.1.json", json.dumps({"version": "1.1", "data": [article]}))
    with pytest.raises(HarnessError, match="holds 1 rows; expected the 87599 that were published"):
        list(squad.TASK.source.rows(tmp_path, "train", "en"))
