"""Readers of published formats: what they read, and the one sentence that each says about a broken file."""

import json

import pytest

from harness.catalog.sources import aligned_lines, anli_files, nli_files, pair_lines, squad_json, tagged_lines
from harness.spec.errors import HarnessError
from harness.spec.example import PairExample, RetrievalExample, SpanExample, TaggedExample

TAGS = ("NOUN", "VERB")
LABELS = ("entailment", "neutral", "contradiction")


@pytest.fixture
def written(tmp_path):
    """Writes text to a file and gives its path."""

    def write(text: str, name: str = "file"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


def squad(**question):
    given = {"id": "q", "question": "Who?", "answers": [{"text": "cat", "answer_start": 4}], **question}
    return json.dumps({"data": [{"paragraphs": [{"context": "The cat sat.", "qas": [given]}]}]})


def read(reader, *paths, **options):
    return list(reader(paths, "en", **options))


def test_squad(written):
    assert read(squad_json.read, written(squad())) == [SpanExample("q", "Who?", "The cat sat.", (("cat", 4),))]
    assert read(squad_json.read, written(squad(answers=[], is_impossible=True)))[0].answers == ()
    assert read(squad_json.read, written(squad(answers=[{"text": "", "answer_start": 0}])))[0].answers == (("", 0),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (squad()[:-20], "not complete JSON"),
        (
            squad(answers=[{"text": "cat", "answer_start": 5}]),
            "expected the answer 'cat' at character 5 .* found 'at '",
        ),
        (squad(answers=[{"text": "cat", "answer_start": -8}]), "expected the answer 'cat' at character -8"),
        (squad(answers=[]), "question q: has 0 answers and is_impossible is false"),
        (squad(is_impossible=True), "question q: has 1 answers and is_impossible is true"),
        (squad(answers=[{"text": "cat"}]), "question q: 'answer_start' is missing; expected a whole number"),
        ("[]", "found a list; expected an object with 'data'"),
    ],
)
def test_broken_squad(written, text, sentence):
    path = written(text)
    with pytest.raises(HarnessError, match=sentence) as caught:
        read(squad_json.read, path)
    assert str(path) in str(caught.value)


def test_tagged_lines(written):
    path = written("\ufeffcat\tNOUN\nsat\tVERB\n\n\nA\u2028B\tNOUN\r\n")
    assert read(tagged_lines.read, path, tags=TAGS) == [
        TaggedExample("0", ("cat", "sat"), ("NOUN", "VERB")),
        TaggedExample("1", ("A\u2028B",), ("NOUN",)),
    ]


def test_tagged_lines_with_hidden_gold(written):
    assert read(tagged_lines.read, written("cat\nsat\n\ncat\n"), tags=TAGS) == [
        TaggedExample("0", ("cat", "sat"), None),
        TaggedExample("1", ("cat",), None),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cat\tNOUN\n\ncat\tNOUN\nsat", "line 4: 'sat' is not one of token<TAB>tag lines"),
        ("cat\tNOUN\nsat\tVER", "line 2: unknown tag 'VER'; did you mean 'VERB'?"),
        ("cat\tNOUN\tx", "line 1"),
        ("\tNOUN", "line 1"),
        ("cat\tNOUN\n\nsat\tVERB", "file: its last line is not closed by a line end; is the file cut off?"),
        ("", "is empty; expected token<TAB>tag lines"),
        ("\n", "file: holds no sentence; expected token<TAB>tag lines"),
        ("\n\n\r\n", "file: holds no sentence; expected token<TAB>tag lines"),
        ("  \n", "line 1: '  ' is not one of token<TAB>tag lines"),
        ("cat\tNOUN\n \tNOUN\n", "line 2"),
    ],
)
def test_broken_tagged_lines(written, text, sentence):
    with pytest.raises(HarnessError, match=sentence):
        read(tagged_lines.read, written(text), tags=TAGS)


def test_xtreme_pairs_keep_their_quotation_marks(written):
    path = written('"A ""b"" c."\tD.\tneutral\r\nE\x85F\tG\tentailment\r\n')
    assert read(pair_lines.read_xtreme, path, labels=LABELS) == [
        PairExample("0", '"A ""b"" c."', "D.", "neutral"),
        PairExample("1", "E\x85F", "G", "entailment"),
    ]


def test_xtreme_pairs_with_hidden_gold(written):
    assert read(pair_lines.read_xtreme, written("A\tB\r\n"), labels=LABELS) == [PairExample("0", "A", "B", None)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A\tB\tneutral\nA\tB\n", "line 2: 2 columns; expected first<TAB>second<TAB>label"),
        ("A\tB\tneutra", "line 1: unknown label 'neutra'; did you mean 'neutral'?"),
        ("A\n", "line 1: 1 columns"),
    ],
)
def test_broken_xtreme_pairs(written, text, sentence):
    with pytest.raises(HarnessError, match=sentence):
        read(pair_lines.read_xtreme, written(text), labels=LABELS)


HEADER = "language\tgold_label\tsentence1\tsentence2\n"


def test_xnli_takes_one_language_of_the_file(written):
    path = written(HEADER + "ar\tneutral\tX\tY\nen\tneutral\tA\tB\nen\tentailment\tC\tD\n")
    rows = read(nli_files.XNLI_TEXT, path)
    assert rows == [PairExample("0", "A", "B", "neutral"), PairExample("1", "C", "D", "entailment")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEADER + "en\tneutral\tA\n", "line 2: 3 columns; expected 4"),
        ("language\tsentence1\n", "line 1: no column 'sentence2'"),
    ],
)
def test_broken_xnli(written, text, sentence):
    with pytest.raises(HarnessError, match=sentence):
        read(nli_files.XNLI_TEXT, written(text))


def test_published_samples_of_xnli_and_anli(real_data):
    samples = real_data / "format_samples"
    (file,) = samples.glob("xnli/**/XNLI-1.0/xnli.dev.tsv")
    assert {row.label for row in nli_files.XNLI_TEXT([file], "ar")} <= set(LABELS)
    releases = sorted(samples.glob("anli/*/R*/train.jsonl"))
    rows = read(anli_files.read_jsonl, *releases)
    assert len(rows) == sum(len(file.read_text().splitlines()) for file in releases)


def test_anli(written):
    line = json.dumps({"uid": "u", "context": "A", "hypothesis": "B", "label": "c"})
    example = PairExample("u", "A", "B", "contradiction")
    assert read(anli_files.read_jsonl, written(line + "\n")) == [example]
    table = 'context,statement,gold_label,uid\r\n"A, or\r\n""a""",B,c,u\r\n'
    assert read(anli_files.read_analysis, written(table)) == [example._replace(first='A, or\r\n"a"')]


def test_broken_anli(written):
    with pytest.raises(HarnessError, match="line 1: not complete JSON"):
        read(anli_files.read_jsonl, written('{"uid": '))
    with pytest.raises(HarnessError, match="line 1: 'hypothesis' is missing"):
        read(anli_files.read_jsonl, written('{"uid": "u", "context": "A"}'))
    with pytest.raises(HarnessError, match="line 2: unknown gold_label 'x'; known: c, e, n"):
        read(anli_files.read_analysis, written("context,statement,gold_label,uid\nA,B,x,u\n"))
    with pytest.raises(HarnessError, match="not complete CSV"):
        read(anli_files.read_analysis, written('context,statement,gold_label,uid\nA,"B'))


def test_aligned_lines(written):
    other, english = written("eins\nzwei\n", "x.deu"), written("one\ntwo\n", "x.eng")
    assert read(aligned_lines.read, other, english) == [
        RetrievalExample("0", "one", "eins", ("0",)),
        RetrievalExample("1", "two", "zwei", ("1",)),
    ]


def test_aligned_lines_of_different_length(written):
    with pytest.raises(HarnessError, match=r"2 lines, but x.eng has 1; expected as many"):
        read(aligned_lines.read, written("eins\nzwei\n", "x.deu"), written("one\n", "x.eng"))


@pytest.mark.parametrize(
    ("english", "sentence"),
    [("one\n" * 1_001, "x.deu: 1001 lines; expected 1,000 at most"), ("one\ntw", "x.eng: its last line is not closed")],
)
def test_aligned_lines_unlike_published_ones(written, english, sentence):
    other = "".join(f"{line}\n" for line in english.split("\n") if line)
    with pytest.raises(HarnessError, match=sentence):
        read(aligned_lines.read, written(other, "x.deu"), written(english, "x.eng"))


def test_text_that_is_not_utf8(tmp_path):
    (tmp_path / "x").write_bytes(b"caf\xe9\tNOUN\n")
    with pytest.raises(HarnessError, match="is not UTF-8 text; expected token<TAB>tag lines"):
        read(tagged_lines.read, tmp_path / "x", tags=TAGS)
