"""Formats: what is encoded can be decoded, whatever was cut or windowed on the way."""

import pytest
import torch

from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, TaggedExample
from harness.spec.recipe import Window
from harness.worker.coder import Coder
from harness.worker.format import Reading, collate, find
from harness.worker.formats import choice

LETTERS = [chr(ord("a") + index) for index in range(26)]


def test_every_word_of_a_long_sentence_is_tagged_once(coder: Coder) -> None:
    words = ("abc", "de", "fghijklmnopqr", "s", "tuv", "w", "xyz")
    tags = ("N", "V", "N", "V", "N", "V", "N")
    features = find("tagging").encode([TaggedExample("0", words, tags)], Reading(coder, Window(8), ("N", "V")))
    assert len(features) > 2
    assert all(len(feature.tokens) <= 8 for feature in features)
    gold = [(feature, feature.targets.tolist()) for feature in reversed(features)]
    assert find("tagging").decode(gold, [], ("N", "V")) == {0: list(tags)}


def test_a_label_stands_at_the_first_subword(coder: Coder) -> None:
    (feature,) = find("tagging").encode(
        [TaggedExample("0", ("ab", "c"), ("N", "V"))], Reading(coder, Window(), ("N", "V"))
    )
    assert feature.tokens[feature.positions].tolist() == [5, 7]


def test_a_tag_that_training_never_had_does_not_stop_an_evaluation(coder: Coder) -> None:
    (feature,) = find("tagging").encode(
        [TaggedExample("0", ("ab", "c"), ("(N/N)/N", "V"))], Reading(coder, Window(), ("N", "V"))
    )
    assert feature.targets.tolist() == [0, 1]


def test_the_longer_text_of_a_pair_is_cut_first(coder: Coder) -> None:
    example = PairExample("0", "a b", " ".join(LETTERS), "x")
    (feature,) = find("pair").encode([example], Reading(coder, Window(12), ("x",)))
    assert len(feature.tokens) == 12
    assert feature.tokens[1:3].tolist() == [5, 6]


CHOICES = [
    ChoiceExample("0", "a b", "c", ("d e f", "g"), 1),
    ChoiceExample("1", "h", "", ("i", "j k", "l", "m"), 2),
    ChoiceExample("2", "n o p", "q", ("r", "s", "t"), 0),
]


def test_each_choice_is_read_with_the_context_and_the_question(coder: Coder) -> None:
    asked, bare, _ = choice.encode(CHOICES, Reading(coder, Window(), ()))
    read = [[coder.tokenizer.id_to_token(token) for token in tokens] for tokens in (*asked.sequences, bare.tokens)]
    assert read[0] == ["<s>", "a", "b", "</s>", "</s>", "c", "d", "e", "f", "</s>"]
    assert read[1] == ["<s>", "a", "b", "</s>", "</s>", "c", "g", "</s>"]
    assert read[2] == ["<s>", "h", "</s>", "</s>", "i", "</s>"]
    assert (asked.length, [len(feature.sequences) for feature in (asked, bare)]) == (10, [2, 4])


def test_choices_of_different_number_are_rows_of_one_batch_and_gold_is_read_back(coder: Coder) -> None:
    features = choice.encode(CHOICES, Reading(coder, Window(), ()))
    batch = collate("t", features, coder.padding)
    assert batch.ids.shape == batch.mask.shape == (9, 10)
    assert batch.rows.tolist() == list(range(9))
    assert batch.columns.tolist() == [0] * 9
    logits = torch.full((9, 1), -5.0)
    logits[torch.tensor([0 + 1, 2 + 2, 6 + 0])] = -4.0  # below 0, which absent choices must not win with
    decoded = choice.decode(list(zip(features, choice.reduce(logits, batch), strict=True)), CHOICES, ())
    assert decoded == {index: example.label for index, example in enumerate(CHOICES)}
    assert all(type(best) is int for best in decoded.values())


def test_the_loss_is_a_softmax_over_the_choices_of_each_example(coder: Coder) -> None:
    features = choice.encode(CHOICES, Reading(coder, Window(), ()))
    logits = torch.linspace(-1, 2, 9).reshape(9, 1).requires_grad_()
    loss = choice.loss(logits, collate("t", features, coder.padding))
    ranges = [(0, 2, 1), (2, 6, 2), (6, 9, 0)]
    expected = -sum(torch.log_softmax(logits[first:last, 0], 0)[right] for first, last, right in ranges)
    assert torch.allclose(loss, expected)
    (gradient,) = torch.autograd.grad(loss, logits)
    (wanted,) = torch.autograd.grad(expected, logits)
    assert torch.allclose(gradient, wanted)
    assert [choice.FORMAT.weight(feature) for feature in features] == [1, 1, 1]


def test_a_long_context_is_cut_and_its_choices_stay_whole(coder: Coder) -> None:
    example = ChoiceExample("0", " ".join(LETTERS), "a", ("b c", "d"), 0)
    (feature,) = choice.encode([example], Reading(coder, Window(12), ()))
    assert [len(tokens) for tokens in feature.sequences] == [12, 12]
    assert feature.tokens[-4:-1].tolist() == [5, 6, 7]
    assert feature.others[0][-3:-1].tolist() == [5, 8]


@pytest.mark.parametrize(("choices", "label"), [(("a", "b"), 2), (("a", "b"), -1), ((), 0)])
def test_a_label_that_names_no_choice_is_refused(coder: Coder, choices: tuple[str, ...], label: int) -> None:
    with pytest.raises(HarnessError, match=f"example '7': its label is {label}, but it has {len(choices)} choices"):
        choice.encode([ChoiceExample("7", "a", "b", choices, label)], Reading(coder, Window(), ()))


def test_hidden_gold_is_encoded_to_be_predicted(coder: Coder) -> None:
    (feature,) = choice.encode([CHOICES[1]._replace(label=None)], Reading(coder, Window(), ()))
    assert len(feature.sequences) == 4
