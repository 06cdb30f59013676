"""Formats: what is encoded can be decoded, whatever was cut or windowed on the way."""

import numpy as np
import pytest
import torch

from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, RetrievalExample, SpanExample, TaggedExample
from harness.spec.recipe import Window
from harness.worker.coder import Coder
from harness.worker.format import Feature, Reading, collate, find
from harness.worker.formats import choice, retrieval, span

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


@pytest.mark.parametrize("answer", ["b c", "v w x", "z"])
def test_the_gold_span_is_found_in_the_windows_and_read_back(coder: Coder, answer: str) -> None:
    context = " ".join(LETTERS)
    example = SpanExample("0", "a b ?", context, ((answer, context.index(answer)),))
    features = span.encode([example], Reading(coder, Window(max_length=16, stride=6, max_query=4), ()))
    assert len(features) > 2
    found = [(f, (float(f.targets[0] > 0), *f.targets)) for f in features]
    assert sum(f.targets[0] > 0 for f in features) >= 1
    assert span.decode(found, [example], ()) == {0: answer}
    covered = {offset for f in features for offset in f.origin.offsets}
    assert covered == {(2 * index, 2 * index + 1) for index in range(26)}


@pytest.mark.parametrize("asked", [1, 12, 60])
def test_a_long_question_leaves_room_and_windows_stay_few(coder: Coder, asked: int) -> None:
    context = " ".join(LETTERS)
    example = SpanExample("0", " ".join(["a"] * asked), context, (("z", context.index("z")),))
    features = span.encode([example], Reading(coder, Window(max_length=32, stride=8, max_query=64), ()))
    assert all(len(feature.tokens) <= 32 for feature in features)
    assert len(features) <= 4


def test_an_unanswerable_question_points_at_the_first_token(coder: Coder) -> None:
    (feature,) = span.encode([SpanExample("0", "a", "b c", ())], Reading(coder, Window(), ()))
    assert feature.targets.tolist() == [0, 0]


def test_the_best_span_is_inside_the_context_in_order_and_not_too_long(coder: Coder) -> None:
    example = SpanExample("0", "a b", "c d e f", (("e", 4),))
    (feature,) = span.encode([example], Reading(coder, Window(max_answer=2), ()))
    batch = collate("t", [feature], coder.padding)
    logits = torch.zeros(len(feature.tokens), 2)
    first = feature.origin.first
    logits[0], logits[1] = 99.0, 99.0  # <s> and the question cannot be answers
    logits[first, 0], logits[first + 1, 1], logits[first + 3, 1] = 7.0, 3.0, 9.0  # the better end is too far away
    ((_, start, end),) = span.reduce(logits, batch)
    assert feature.origin.text(example.context, start, end) == "c d"


def test_a_text_found_by_its_own_vector_comes_first() -> None:
    vectors = np.eye(3, dtype=np.float32)
    rows = [RetrievalExample(str(index), "q", "c", (str(index),)) for index in range(3)]
    pairs = [
        (Feature(i, *[np.zeros(1)] * 3, side), vectors[i])
        for side in (retrieval.QUERY, retrieval.CANDIDATE)
        for i in range(3)
    ]
    ranked = retrieval.decode(pairs, rows, ())
    assert [ranked[index][0] for index in range(3)] == [["0", 1.0], ["1", 1.0], ["2", 1.0]]


def test_pooling_leaves_padding_out() -> None:
    features = [
        Feature(0, np.array([0, 7, 2]), *[np.zeros(0, dtype=int)] * 2),
        Feature(1, np.array([0, 7, 8, 9, 2]), *[np.zeros(0, dtype=int)] * 2),
    ]
    batch = collate("t", features, padding=1)
    states = torch.ones(2, 5, 4)
    states[0, 3:] = 1e6
    short, long = retrieval.reduce(states, batch)
    assert short == pytest.approx(long)


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
