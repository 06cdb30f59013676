"""Which languages count as low-resource, high-resource or unseen, for pretrained and for scratch models."""

import pytest

from harness.analysis.points.pretraining import Pretraining
from harness.analysis.points.splits import Split
from harness.catalog.languages import CC100, CORPORA
from harness.plan.sweeps.split_file import SplitFile
from harness.plan.sweeps.split_rule import SplitRule
from harness.spec.errors import HarnessError

READ = {
    "xlm_r/base": Pretraining(CC100, CORPORA[CC100].keys(), CORPORA[CC100]),
    "tiny": Pretraining(None, {"en", "af", "de"}, {"en": 5000, "af": 999, "de": 1000}),
    "bloom/560m": Pretraining(None, {"en", "sw", "zh"}, None),
    "qwen3/8b": Pretraining(None, None, None),
}
BY_SIZE = Split(SplitRule(words=1000), READ)
BY_CLASS = Split(SplitRule(by="joshi", joshi_class=1), READ)


@pytest.mark.parametrize(
    ("language", "level"), [("en", None), ("af", "low"), ("de", "high"), ("yo", "unseen"), ("not-a-language", "unseen")]
)
def test_a_pretrained_model_is_split_by_its_corpus(language: str, level: str | None) -> None:
    assert BY_SIZE.level("xlm_r/base", language) == level


@pytest.mark.parametrize(
    ("language", "level"), [("en", None), ("af", "low"), ("de", "high"), ("zz", "unseen"), ("sw", "unseen")]
)
def test_a_scratch_model_is_split_by_the_words_it_was_pretrained_on(language: str, level: str | None) -> None:
    assert BY_SIZE.level("tiny", language) == level


def test_joshi_classes_come_after_unseen() -> None:
    levels = {language: BY_CLASS.level("xlm_r/base", language) for language in ("te", "sw", "de", "wo")}
    assert levels == {"te": "low", "sw": "high", "de": "high", "wo": "unseen"}  # te 1, sw 2, de 5; wo not in CC-100


def test_a_model_of_known_languages_and_unknown_amounts_is_split_by_class_alone() -> None:
    assert {language: BY_CLASS.level("bloom/560m", language) for language in ("sw", "zh", "de")} == {
        "sw": "high", "zh": "high", "de": "unseen",
    }  # fmt: skip
    with pytest.raises(HarnessError, match=r"how much 'sw' model 'bloom/560m' was pretrained on is not known; write"):
        BY_SIZE.level("bloom/560m", "sw")


def test_where_the_languages_are_not_known_none_is_unseen() -> None:
    assert BY_CLASS.level("qwen3/8b", "wo") == "high"
    assert "unseen: none, since it is not known" in BY_CLASS.description("qwen3/8b")


def test_a_language_without_a_class_is_refused_by_name() -> None:
    split = Split(SplitRule(by="joshi"), {"tiny": Pretraining(None, {"ha1"}, {"ha1": 10})})
    with pytest.raises(HarnessError, match="'ha1' has no Joshi class"):
        split.level("tiny", "ha1")


def test_the_description_names_the_rule() -> None:
    assert "1,000 words" in BY_SIZE.description("tiny")
    assert "less than 5 GiB of CC-100; unseen: not in CC-100" in BY_SIZE.description("xlm_r/base")


def test_a_file_of_the_users_own_alone_decides_and_is_named() -> None:
    own = SplitFile("own.yaml", "ab" * 32, (("af", "high"), ("yo", "low")))
    split = Split(SplitRule(by="file", file="own.yaml"), READ, own)
    assert {language: split.level("xlm_r/base", language) for language in ("en", "af", "yo")} == {
        "en": None, "af": "high", "yo": "low",
    }  # fmt: skip
    assert "as own.yaml says (SHA-256 abababab)" in split.description("xlm_r/base")
    with pytest.raises(HarnessError, match=r"own\.yaml does not say what 'de' is"):
        split.level("xlm_r/base", "de")
    with pytest.raises(HarnessError, match=r"own\.yaml was not read"):
        Split(SplitRule(by="file", file="own.yaml"), READ).level("xlm_r/base", "de")
