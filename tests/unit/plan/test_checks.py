"""What a sweep may not ask of its data sets: splits that were not published, and a language twice."""

import pytest

from harness.spec.errors import HarnessError
from tests.unit.plan.studies import SCRATCH, study_of

UNPUBLISHED = "the split 'foo' is not published; known: dev, test, train$"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ({"targets": "[{task: xnli, split: foo}]"}, f"^target 'xnli': {UNPUBLISHED}"),
        ({"text": "[{task: xnli, split: foo}]"}, f"^text 'xnli': {UNPUBLISHED}"),
        ({"model": SCRATCH.replace("toy_text", "toy_text, split: foo")}, "^text 'toy_text': .*known: train$"),
        (
            {"targets": "[{task: udpos, languages: [mr, mr]}]"},
            "^target 'udpos': `languages` names 'mr' twice; expected each language once$",
        ),
        ({"text": "[{task: xnli, languages: [sw, de, sw]}]"}, "^text 'xnli': `languages` names 'sw' twice"),
    ],
)
def test_splits_and_languages_that_cannot_be_are_one_sentence(lines: dict[str, str], sentence: str) -> None:
    given = dict(lines)
    text = [f"text: {given.pop('text')}"] if "text" in given else []
    with pytest.raises(HarnessError, match=sentence):
        study_of("mlm" if text else "mnli", *text, **given)


def test_what_was_published_is_planned() -> None:
    study = study_of("mlm", "text: [{task: xnli, split: dev, languages: [sw]}]", targets="[{task: xnli, split: dev}]")
    assert {leaf.data.split for leaf in study.leaves} == {"dev"}
