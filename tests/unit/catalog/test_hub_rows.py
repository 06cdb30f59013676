"""The hub's data sets have the same rows, ids included, as the files that were published or prepared."""

import json

import pytest
from hub_files import from_file, from_hub, layouts, put

from harness.spec.errors import HarnessError

NLI = ("entailment", "neutral", "contradiction")
TEXTS = ['He said "no".', "ชาย คนหนึ่ง", "Ein Satz."]


def test_xnli_and_pawsx_have_the_rows_of_xtremes_files(tmp_path):
    quoted = '"He said ""no""."'
    lines = f"{quoted}\tB\tneutral\r\nชาย คนหนึ่ง\tD\tentailment\r\n"
    features = {"label": {"names": list(NLI), "_type": "ClassLabel"}}
    columns = {"premise": TEXTS[:2], "hypothesis": ["B", "D"], "label": [1, 0]}
    expected = from_file("xnli", "dev", "-{language}.tsv", tmp_path / "dev-th.tsv", lines, "th")
    assert from_hub("xnli", "dev", put(tmp_path / "x.parquet", columns, features), "th") == expected
    expected = from_file("pawsx", "dev", "dev-{language}.tsv", tmp_path / "d.tsv", f"{quoted}\tB\t1\r\n", "de")
    columns = {"id": [7], "sentence1": TEXTS[:1], "sentence2": ["B"], "label": [1]}
    assert from_hub("pawsx", "dev", put(tmp_path / "p.parquet", columns), "de") == expected


def test_mnli_and_snli_leave_rows_without_a_majority_out(tmp_path):
    heading = "sentence1\tsentence2\tgold_label\n"
    lines = "A\tB\tneutral\nC\tD\t-\nE\tF\tcontradiction\n"
    columns = {"premise": ["A", "C", "E"], "hypothesis": ["B", "D", "F"], "label": [1, -1, 2]}
    for task in ("mnli", "snli"):
        expected = from_file(task, "dev", ".tsv", tmp_path / "dev.tsv", heading + lines)
        assert [row.id for row in expected] == ["0", "1"]
        assert from_hub(task, "dev", put(tmp_path / "m.parquet", columns)) == expected


def test_qqp_and_anli(tmp_path):
    expected = from_file("qqp", "dev", ".tsv", tmp_path / "q.tsv", "question1\tquestion2\tis_duplicate\nA\tB\t1\n")
    assert (
        from_hub("qqp", "dev", put(tmp_path / "q.parquet", {"question1": ["A"], "question2": ["B"], "label": [1]}))
        == expected
    )
    record = {"uid": "u1", "context": "A", "hypothesis": "B", "label": "c"}
    expected = from_file("anli", "dev", ".jsonl", tmp_path / "a.jsonl", json.dumps(record) + "\n")
    columns = {"uid": ["u1"], "premise": ["A"], "hypothesis": ["B"], "label": [2], "reason": [""]}
    assert from_hub("anli", "dev", put(tmp_path / "a.parquet", columns)) == expected


COPA = {"premise": "P", "choice1": "A", "choice2": "B", "question": "cause", "label": 1, "idx": 4}
COSMOS = {"id": "c1", "context": "C", "question": "Q", **{f"answer{n}": str(n) for n in range(4)}, "label": 2}
HELLASWAG = {"ind": 1, "ctx": "C", "ctx_a": "C", "ctx_b": "", "endings": ["a", "b", "c", "d"], "label": 3}
CHOICES = [{"label": letter, "text": f"t{letter}"} for letter in "ABCDE"]
ASKED = {"id": "q1", "answerKey": "B", "question": {"question_concept": "x", "choices": CHOICES, "stem": "Why?"}}
FLAT = {
    "id": "q1",
    "question": "Why?",
    "choices": {"label": list("ABCDE"), "text": [f"t{letter}" for letter in "ABCDE"]},
    "answerKey": "B",
}
SIQA = {"context": "C", "question": "Q", "answerA": "a", "answerB": "b", "answerC": "c"}


@pytest.mark.parametrize(
    ("task", "split", "ending", "published", "row"),
    [
        ("xcopa", "dev", ".jsonl", COPA, COPA),
        ("copa", "dev", ".jsonl", COPA, COPA),
        ("cosmos_qa", "dev", ".jsonl", COSMOS, COSMOS),
        ("hellaswag", "dev", ".jsonl", HELLASWAG, {**HELLASWAG, "label": "3"}),
        ("commonsense_qa", "dev", ".jsonl", ASKED, FLAT),
        ("siqa", "train", "_{name}.jsonl", {**SIQA, "correct": "C"}, {**SIQA, "label": "3"}),
    ],
)
def test_choices_are_those_of_the_published_records(task, split, ending, published, row, tmp_path):
    ending = ending.replace("{name}", "trn")
    expected = from_file(task, split, ending, tmp_path / "rows.jsonl", json.dumps(published) + "\n")
    assert expected[0].labelled
    assert (
        from_hub(task, split, put(tmp_path / "rows.parquet", {name: [value] for name, value in row.items()}))
        == expected
    )


def test_questions_are_those_of_squads_json(tmp_path):
    answers = [{"text": "cat", "answer_start": 4}, {"text": "The cat", "answer_start": 0}]
    asked = [("english-1", answers), ("finnish-2", answers[:1])]
    questions = [{"id": name, "question": "Who?", "answers": given} for name, given in asked]
    text = json.dumps({"version": "1.1", "data": [{"paragraphs": [{"context": "The cat sat.", "qas": questions}]}]})
    columns = {
        "id": [name for name, _ in asked],
        "context": ["The cat sat."] * 2,
        "question": ["Who?"] * 2,
        "answers": [
            {"text": [each["text"] for each in given], "answer_start": [each["answer_start"] for each in given]}
            for _, given in asked
        ],
    }
    rows = put(tmp_path / "rows.parquet", columns)
    for task, split, ending in (
        ("squad", "train", "-v1.1.json"),
        ("squad_v2", "train", "{split}-v2.0.json"),
        ("xquad", "test", ".json"),
        ("mlqa", "test", ".json"),
    ):
        assert from_hub(task, split, rows) == from_file(task, split, ending, tmp_path / "rows.json", text)
    finnish = from_file("tydiqa", "train", "train.json", tmp_path / "rows.json", text, "fi")
    assert from_hub("tydiqa", "train", rows, "fi") == finnish
    assert [row.id for row in finnish] == ["finnish-2"]


def test_an_answer_that_its_context_does_not_hold_is_named(tmp_path):
    answers = [{"text": ["dog"], "answer_start": [4]}]
    rows = {"id": ["q"], "context": ["The cat sat."], "question": ["Who?"], "answers": answers}
    with pytest.raises(
        HarnessError, match=r"rows.parquet, row 1: question q: expected the answer 'dog' at character 4"
    ):
        from_hub("squad", "train", put(tmp_path / "rows.parquet", rows))


def test_sentences_are_those_of_the_tagged_lines(tmp_path):
    lines = "Zoë\tB-PER\nwaits\tO\n\n#\tO\n中\tB-LOC\n\n"
    names = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
    for feature in ({"feature": {"names": names}, "_type": "List"}, [{"names": names}]):
        columns = {"tokens": [["Zoë", "waits"], ["#", "中"]], "ner_tags": [[1, 0], [0, 5]], "langs": [["zh"] * 2] * 2}
        rows = put(tmp_path / "rows.parquet", columns, {"ner_tags": feature})
        assert from_hub("panx", "train", rows, "zh") == from_file(
            "panx", "train", "panx/{split}-{language}.tsv", tmp_path / "rows.tsv", lines, "zh"
        )


def test_translations_are_those_of_the_aligned_lines(tmp_path):
    (tmp_path / "a.afr").write_text("Een.\nTwee.\n")
    (tmp_path / "a.eng").write_text("One.\nTwo.\n")
    published, of_hub = layouts("tatoeba", "test")
    columns = {"source_sentence": ["Een.\n", "Twee.\n"], "target_sentence": ["One.\n", "Two.\n"]}
    rows = put(tmp_path / "rows.parquet", {**columns, "target_lang": ["eng", "eng"]})
    expected = list(published[0].read([tmp_path / "a.afr", tmp_path / "a.eng"], "af"))
    assert list(of_hub.read([rows], "af")) == expected
    with pytest.raises(HarnessError, match="row 1: translates to 'afr'; expected English"):
        list(of_hub.read([put(tmp_path / "turned.parquet", {**columns, "target_lang": ["afr", "eng"]})], "af"))
