"""Multiple-choice files with mistakes: each is named with file and line, and none is half read."""

import csv
import json
from io import StringIO

import pytest

from harness.spec.errors import HarnessError

SWAG = {"ind": 4, "ctx": "A man sits. he", "endings": ["a", "b", "c", "d"]}
COSMOS = {
    "id": "c1",
    "context": 'He said "no",\nand left.',
    "question": "Why?",
    **{f"answer{n}": "a" for n in range(4)},
}
FLAT = {"id": "q1", "question": "Where?", "answerKey": "B", "choices": {"label": list("ABCDE"), "text": list("vwxyz")}}
SOCIAL = {"context": "Tracy left.", "question": "Why?", "answerA": "a", "answerB": "b", "answerC": "c"}
COPA = {"premise": "P.", "choice1": "x", "choice2": "y", "question": "cause", "idx": 0, "label": 1}


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def commas(*records):
    written = StringIO(newline="")
    table = csv.DictWriter(written, records[0])
    table.writeheader()
    table.writerows(records)
    return written.getvalue()


TRAIN = {
    "hellaswag": "hellaswag/hellaswag_train.jsonl",
    "cosmos_qa": "cosmos_qa/train.csv",
    "commonsense_qa": "commonsense_qa/train_rand_split.jsonl",
    "copa": "xcopa/train.en.jsonl",
    "siqa": "siqa/socialIQa_v1.4_trn.jsonl",
}
TWICE = {"label": list("ABCDD"), "text": list("vwxyz")}


@pytest.mark.parametrize(
    ("task", "text", "sentence"),
    [
        ("hellaswag", lines({**SWAG, "label": 2})[:-4], "line 1: not complete JSON"),
        ("hellaswag", "", "is empty"),
        ("hellaswag", lines(SWAG), "line 1: 'label' is missing; found ind, ctx"),
        ("hellaswag", lines({**SWAG, "label": 4}), "line 1: unknown label '4'; known: 0"),
        ("hellaswag", lines({**SWAG, "endings": ["a"], "label": 0}), "line 1: 1 choices; expected 4"),
        ("hellaswag", lines({**SWAG, "endings": "abcd", "label": 0}), "line 1: 'endings' is 'abcd'; expected a list"),
        ("hellaswag", lines({**SWAG, "endings": [1, 2, 3, 4]}), "line 1: .* expected a list of texts"),
        ("cosmos_qa", commas({**COSMOS, "label": 1})[:-4], "line 3: 7 columns; expected 8"),
        ("cosmos_qa", commas({**COSMOS, "label": 1})[:70], "line 2: not complete CSV"),
        ("cosmos_qa", commas(COSMOS), "line 1: no column 'label'"),
        ("cosmos_qa", "", "is empty"),
        ("cosmos_qa", commas(*[{**COSMOS, "label": 1}] * 2), "line 5: the id 'c1' occurs twice, first in .*, line 3"),
        ("commonsense_qa", lines({**FLAT, "answerKey": "F"}), "line 1: unknown answerKey 'F'"),
        ("commonsense_qa", lines(FLAT, FLAT), "line 2: the id 'q1' occurs twice"),
        ("commonsense_qa", lines({**FLAT, "choices": {}}), "line 1: .* expected a list"),
        ("commonsense_qa", lines({**FLAT, "question": 3}), "line 1: 'question' is 3; expected an object"),
        ("commonsense_qa", lines({**FLAT, "choices": TWICE}), "choices A, B, C, D, D; expected a text for A to E each"),
        ("copa", lines({**COPA, "question": "reason"}), "line 1: unknown question 'reason'"),
        ("copa", lines(COPA, COPA), "line 2: the id '0' occurs twice"),
        ("siqa", lines({**SOCIAL, "correct": "D"}), "line 1: unknown correct 'D'"),
    ],
)
def test_bad_files_are_named_with_their_line(uncounted, put, tmp_path, task, text, sentence):
    put(TRAIN[task], text)
    with pytest.raises(HarnessError, match=sentence) as caught:
        list(uncounted(task).rows(tmp_path, "train", "en"))
    assert str(tmp_path / TRAIN[task]) in str(caught.value)
