"""Which languages count as low-resource, high-resource or unseen, for pretrained and for scratch models."""

import pytest

from harness.analysis.splits import Split
from harness.plan.split_rule import SplitRule
from harness.spec.errors import HarnessError

BY_SIZE = Split(SplitRule(words=1000), {"tiny": {"en": 5000, "af": 999, "de": 1000, "zz": 0}})


@pytest.mark.parametrize(
    ("language", "level"), [("en", None), ("af", "low"), ("de", "high"), ("yo", "unseen"), ("not-a-language", "unseen")]
)
def test_a_pretrained_model_is_split_by_cc100(language: str, level: str | None) -> None:
    assert BY_SIZE.level("xlm_r/base", language) == level


@pytest.mark.parametrize(
    ("language", "level"), [("en", None), ("af", "low"), ("de", "high"), ("zz", "unseen"), ("sw", "unseen")]
)
def test_a_scratch_model_is_split_by_the_words_it_was_pretrained_on(language: str, level: str | None) -> None:
    assert BY_SIZE.level("tiny", language) == level


def test_joshi_classes_come_after_unseen() -> None:
    split = Split(SplitRule(by="joshi", joshi_class=1), {})
    levels = {language: split.level("xlm_r/base", language) for language in ("te", "sw", "de", "wo")}
    assert levels == {"te": "low", "sw": "high", "de": "high", "wo": "unseen"}  # te 1, sw 2, de 5; wo not in CC-100


def test_a_language_without_a_class_is_refused_by_name() -> None:
    split = Split(SplitRule(by="joshi"), {"tiny": {"ha1": 10}})
    with pytest.raises(HarnessError, match="'ha1' has no Joshi class"):
        split.level("tiny", "ha1")


def test_the_description_names_the_rule() -> None:
    assert "1,000 words" in BY_SIZE.description("tiny")
    assert "5 GiB of CC-100" in BY_SIZE.description("xlm_r/base")
