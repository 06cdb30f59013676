"""Multiple-choice questions in every layout in which they are published, placeholders, and a sentence for bad files."""

import csv
import json
from io import StringIO

import pytest

from harness.catalog import find
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample


def lines(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


SWAG = {"ind": 4, "ctx_a": "A man sits.", "ctx_b": "he", "ctx": "A man sits. he", "endings": ["a", "b", "c", "d"]}
SWAG_ROW = ChoiceExample("0", "A man sits. he", "", ("a", "b", "c", "d"), 2)


@pytest.mark.parametrize(
    ("path", "record", "label"),
    [
        ("hellaswag/hellaswag_train.jsonl", {**SWAG, "label": 2}, 2),
        ("hellaswag/data/hellaswag_val.jsonl", {**SWAG, "label": "2"}, 2),
        ("hellaswag/hellaswag_test.jsonl", SWAG, None),
        (
            "translated/hellaswag/train.en.jsonl",
            {k: v for k, v in SWAG.items() if k != "ctx"} | {"label": 2},
            2,
        ),
    ],
)
def test_hellaswag(uncounted, put, tmp_path, path, record, label):
    put(path, lines(record))
    split = "dev" if "val" in path else "test" if "test" in path else "train"
    assert list(uncounted("hellaswag").rows(tmp_path, split, "en")) == [SWAG_ROW._replace(label=label)]


def test_translated_hellaswag_is_the_users_own(put, tmp_path):
    put("translated/hellaswag/train.sw.jsonl", lines({**SWAG, "ctx": "Mtu ameketi.", "label": 0}))
    source = find.task("hellaswag").source
    assert source.languages(tmp_path, "train") == ("sw",)
    assert [row.context for row in source.rows(tmp_path, "train", "sw")] == ["Mtu ameketi."]


def test_a_context_without_a_second_part(put, tmp_path):
    put(
        "translated/hellaswag/train.de.jsonl",
        lines({"ctx_a": "Er sitzt.", "ctx_b": "", "endings": list("abcd"), "label": 0}),
    )
    assert [row.context for row in find.task("hellaswag").source.rows(tmp_path, "train", "de")] == ["Er sitzt."]


COSMOS = {
    "id": "c1",
    "context": 'He said "no",\nand left.',
    "question": "Why?",
    **{f"answer{n}": f"a{n}" for n in range(4)},
}
COSMOS_ROW = ChoiceExample("c1", COSMOS["context"], "Why?", ("a0", "a1", "a2", "a3"), 3)


def commas(*records, end="\r\n"):
    written = StringIO(newline="")
    table = csv.DictWriter(written, records[0], lineterminator=end)
    table.writeheader()
    table.writerows(records)
    return written.getvalue()


def test_cosmos_qa(uncounted, put, tmp_path):
    labelled = {**COSMOS, "label": 3}
    source = uncounted("cosmos_qa")
    for path, text in (
        ("cosmosqa/valid.csv", commas(labelled)),
        ("cosmosqa/data/valid.jsonl", lines(labelled)),
        ("cosmos_qa/valid.csv", "\ufeff" + commas(labelled, end="\n")),
    ):
        put(path, text)
        assert list(source.rows(tmp_path, "dev", "en")) == [COSMOS_ROW]
    put("cosmos_qa/test.jsonl", lines(COSMOS))
    assert list(source.rows(tmp_path, "test", "en")) == [COSMOS_ROW._replace(label=None)]


NESTED = {
    "answerKey": "B",
    "id": "q1",
    "question": {"stem": "Where?", "choices": [{"label": letter, "text": f"at {letter}"} for letter in "ABDCE"]},
}
FLAT = {
    "id": "q1",
    "question": "Where?",
    "answerKey": "B",
    "choices": {"label": list("ABDCE"), "text": [f"at {letter}" for letter in "ABDCE"]},
}


@pytest.mark.parametrize("record", [NESTED, FLAT])
def test_commonsense_qa_nested_and_flat(uncounted, put, tmp_path, record):
    row = ChoiceExample("q1", "Where?", "", tuple(f"at {letter}" for letter in "ABCDE"), 1)
    source = uncounted("commonsense_qa")
    put("commonsenseqa/hf_flat/dev_rand_split.jsonl", lines(record))
    assert list(source.rows(tmp_path, "train", "en")) == list(source.rows(tmp_path, "dev", "en")) == [row]
    hidden = {key: value for key, value in record.items() if key != "answerKey"}
    put("commonsense_qa/test_rand_split_no_answers.jsonl", lines(hidden))
    assert list(source.rows(tmp_path, "test", "en")) == [row._replace(label=None)]


SOCIAL = {"context": "Tracy left.", "question": "Why?", "answerA": "a", "answerB": "b", "answerC": "c"}


def test_siqa_with_its_labels_inside_and_beside(uncounted, put, tmp_path):
    row = ChoiceExample("0", "Tracy left.", "Why?", ("a", "b", "c"), 2)
    source = uncounted("siqa")
    put("social_i_qa/socialiqa-train-dev/dev.jsonl", lines(SOCIAL, SOCIAL))
    put("social_i_qa/socialiqa-train-dev/dev-labels.lst", "3\n1\n")
    assert list(source.rows(tmp_path, "dev", "en")) == [row, row._replace(id="1", label=0)]
    put("siqa/socialIQa_v1.4_dev.jsonl", lines({**SOCIAL, "correct": "C"}))
    assert list(source.rows(tmp_path, "dev", "en")) == list(source.rows(tmp_path, "train", "en")) == [row]
    put("siqa/socialIQa_v1.4_trn.jsonl", lines({**SOCIAL, "correct": "A"}))
    assert [example.label for example in source.rows(tmp_path, "train", "en")] == [0]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ("3\n", "dev-labels.lst: 1 labels, but dev.jsonl has 2 rows"),
        ("3\n4\n", "dev.jsonl, line 2: unknown label '4'"),
        ("", "dev-labels.lst: is empty"),
    ],
)
def test_bad_labels_beside_siqa(uncounted, put, tmp_path, labels, sentence):
    put("siqa/socialiqa-train-dev/dev.jsonl", lines(SOCIAL, SOCIAL))
    put("siqa/socialiqa-train-dev/dev-labels.lst", labels)
    with pytest.raises(HarnessError, match=sentence):
        list(uncounted("siqa").rows(tmp_path, "dev", "en"))


def test_siqa_without_its_file_of_labels(put, tmp_path):
    put("siqa/socialiqa-train-dev/dev.jsonl", lines(SOCIAL))
    with pytest.raises(HarnessError, match=r"dev-labels.lst: is missing, though it belongs with dev.jsonl"):
        find.task("siqa").source.languages(tmp_path, "dev")


def test_published_samples(uncounted, data_folder):
    samples = data_folder / "format_samples"
    found = {
        (name, split)
        for name in ("hellaswag", "cosmos_qa", "commonsense_qa", "siqa")
        for split in find.task(name).source.splits
        for language in find.task(name).source.languages(samples, split)
        if list(uncounted(name).rows(samples, split, language))
    }
    three = {
        (name, split) for name in ("hellaswag", "cosmos_qa", "commonsense_qa") for split in ("train", "dev", "test")
    }
    assert found == {*three, ("siqa", "train"), ("siqa", "dev")}


def test_real_rows(data_folder):
    """XCOPA and COPA are whole; of the dev sets of the others a part is at hand."""
    xcopa, copa_ = (find.task(name).source for name in ("xcopa", "copa"))
    for language in ("id", "it", "tr"):
        assert {row.label for row in xcopa.rows(data_folder, "test", language)} == {0, 1}
    assert set(xcopa.languages(data_folder, "dev")) == set(find.task("xcopa").languages)
    assert len(list(copa_.rows(data_folder, "train", "en"))) == 400
    assert {row.label for row in copa_.rows(data_folder, "test", "en")} == {None}
    for name, choices in (("cosmos_qa", 4), ("commonsense_qa", 5), ("siqa", 3)):
        rows = list(find.task(name).source.rows(data_folder, "dev", "en"))
        assert {len(row.choices) for row in rows} == {choices}
        assert {row.label for row in rows} == set(range(choices))
