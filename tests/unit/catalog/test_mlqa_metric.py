"""MLQA's normalisation language by language, and its scores."""

import pytest

from harness.catalog.metrics import mlqa, squad
from harness.spec.errors import HarnessError
from harness.spec.example import SpanExample


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The  “Cat”, a dog", "cat dog"),
        ("de", "Der Hund, eine Katze; Derby", "hund katze derby"),
        ("es", "¿Los gatos? el «perro» ella", "gatos perro ella"),
        ("vi", "Những con mèo của tôi", "con mèo tôi"),
        ("ar", "القط، والكلب", "قط و كلب"),  # within a word too
        ("hi", "यह एक बिल्ली है।", "यह एक बिल्ली है"),
        ("zh", "在2008年，北京 Olympic。", "在 2008 年 北 京 olympic"),
        ("en", "$5 + 5 = 10", "5 5 10"),  # signs of ASCII that are no punctuation in Unicode
        ("en", "5 € − 3", "5 € − 3"),
        ("en", "theatre, cafe\u0301", "theatre cafe\u0301"),
    ],
)
def test_normalisation(language, text, expected):
    assert mlqa.normalised(text, language) == expected


def question(*answers: str) -> SpanExample:
    context = " ".join(answers)
    return SpanExample("q", "?", context, tuple((answer, context.index(answer)) for answer in answers))


def scores(predicted: str, language: str, *answers: str) -> tuple[float, float]:
    found = mlqa.score([question(*answers)], {"q": predicted}, language)
    assert found["score"] == (found["exact_match"] + found["f1"]) / 2
    return found["exact_match"], found["f1"]


def test_chinese_is_scored_by_character():
    assert scores("北京市", "zh", "北京") == (0, pytest.approx(80))
    assert squad.score([question("北京")], {"q": "北京市"}, "zh")["f1"] == 0


def test_the_best_answer_counts():
    assert scores("die Katze", "de", "ein Hund", "Katze") == (100, 100)
    assert scores("Katze", "en", "die Katze") == (0, pytest.approx(100 * 2 / 3))


def test_an_answer_without_words_matches_exactly_and_shares_none():
    assert scores("la", "es", "El") == (100, 0)  # as in the official script


def test_whole_context_and_nothing_are_what_chance_answers():
    assert mlqa.chance([question("ein Hund")], "de") == 100
    assert mlqa.chance([question("El")], "es") == 50


def test_other_languages_are_refused():
    with pytest.raises(HarnessError, match="MLQA has no answers in 'fr'; it has ar, de, en, es, hi, vi, zh"):
        mlqa.score([question("chat")], {"q": "chat"}, "fr")


def test_hidden_gold_and_missing_predictions_are_refused():
    with pytest.raises(HarnessError, match="placeholder"):
        mlqa.score([SpanExample("q", "?", "c", (("", 0),))], {"q": ""}, "en")
    with pytest.raises(HarnessError, match="no prediction for example 'q'"):
        mlqa.score([question("a b")], {}, "en")
