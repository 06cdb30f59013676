"""Formats: what is encoded can be decoded, whatever was cut or windowed on the way."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from harness.spec.recipe import Window
from harness.spec.task import PairExample, RetrievalExample, SpanExample, TaggedExample, TextExample
from harness.worker.coder import SPECIAL, Coder
from harness.worker.format import Feature, Reading, collate, find
from harness.worker.formats import mlm, retrieval, span

LETTERS = [chr(ord("a") + index) for index in range(26)]


@pytest.fixture
def coder() -> Coder:
    """A token for each letter: a word of n letters is n tokens."""
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *LETTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    return Coder(tokenizer)


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


def test_masks_are_drawn_anew_but_always_as_many(coder: Coder) -> None:
    (feature,) = mlm.encode([TextExample("0", " ".join(LETTERS))], Reading(coder, Window(), ()))
    drawn = [mlm.vary(feature, np.random.default_rng(seed), 0.25, coder) for seed in range(20)]
    assert {len(f.positions) for f in drawn} == {mlm.masked_count(28, 0.25)}
    assert len({tuple(f.positions) for f in drawn}) > 10
    for f in drawn:
        assert feature.tokens[f.positions].tolist() == f.targets.tolist()
        untouched = np.setdiff1d(np.arange(28), f.positions)
        assert f.tokens[untouched].tolist() == feature.tokens[untouched].tolist()
        assert not set(f.tokens[f.positions]) & (set(coder.special) - {coder.mask})


def test_a_text_found_by_its_own_vector_comes_first() -> None:
    vectors = np.eye(3, dtype=np.float32)
    rows = [RetrievalExample(str(index), "q", "c") for index in range(3)]
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
