"""Questions answered from windows of a context: which pairs of tokens count, and the characters that are read back."""

from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.catalog import find
from harness.spec.example import SpanExample
from harness.spec.load import build
from harness.spec.recipe import Window
from harness.spec.task import Data
from harness.worker.coder import Coder
from harness.worker.data import unheld_labels
from harness.worker.features import Features, packed
from harness.worker.format import Feature, Reading, collate
from harness.worker.formats import span
from harness.worker.formats.span import Answer
from harness.worker.formats.windows import Origin, stretches
from harness.worker.library import Encoded

LETTERS = [chr(ord("a") + index) for index in range(26)]
CONTEXT = " ".join(LETTERS)


def asked(answer: str | None, question: str = "a b ?", context: str = CONTEXT) -> SpanExample:
    return SpanExample("0", question, context, () if answer is None else ((answer, context.index(answer)),))


def gold(feature: Feature) -> Answer:
    """What a model that knows the answer gives: nothing where the window lacks it."""
    start, end = map(int, feature.targets)
    return Answer(float(start > 0), start, end, null=0.5)


@pytest.mark.parametrize("answer", ["b c", "v w x", "z"])
def test_the_gold_span_is_found_in_the_windows_and_read_back(coder: Coder, answer: str) -> None:
    example = asked(answer)
    features = span.encode([example], Reading(coder, Window(max_length=16, stride=6, max_query=4), ()))
    assert len(features) > 2
    assert sum(f.targets[0] > 0 for f in features) >= 1
    assert span.decode([(f, gold(f)) for f in features], [example], ()) == {0: answer}
    covered = {tuple(pair) for f in features for pair in Origin.of(f).characters.tolist()}
    assert covered == {(2 * index, 2 * index + 1) for index in range(26)}


@pytest.mark.parametrize("asked_words", [1, 12, 60])
def test_a_long_question_leaves_room_and_windows_stay_few(coder: Coder, asked_words: int) -> None:
    example = asked("z", " ".join(["a"] * asked_words))
    features = span.encode([example], Reading(coder, Window(max_length=32, stride=8, max_query=64), ()))
    assert all(len(feature.tokens) <= 32 for feature in features)
    assert len(features) <= 4


def test_an_unanswerable_question_points_at_the_first_token(coder: Coder) -> None:
    (feature,) = span.encode([SpanExample("0", "a", "b c", ())], Reading(coder, Window(), ()))
    assert feature.targets.tolist() == [0, 0]


def test_the_best_span_is_inside_the_context_in_order_and_not_too_long(coder: Coder) -> None:
    example = SpanExample("0", "a b", "c d e f", (("e", 4),))
    (feature,) = span.encode([example], Reading(coder, Window(max_answer=2), ()))
    logits = torch.zeros(len(feature.tokens), 2)
    first = Origin.of(feature).first
    logits[0], logits[1] = 99.0, 99.0  # <s> and the question cannot be answers
    logits[first, 0], logits[first + 1, 1], logits[first + 3, 1] = 7.0, 3.0, 9.0  # the better end is too far away
    (best,) = span.reduce(logits, collate("t", [feature], coder.padding))
    assert best == Answer(10.0, first, first + 1, 198.0)
    assert span.decode([(feature, best)], [example], ()) == {0: "c d"}


def likeliest(scores: list[float]) -> list[int]:
    return sorted(range(len(scores)), key=lambda token: -scores[token])[: span.N_BEST]


def by_hand(feature: Feature, logits: torch.Tensor) -> float:
    """The best score by a plain reading of the rule: the likeliest 20 tokens that an answer can have, all pairs."""
    origin = Origin.of(feature)
    context = range(origin.first, origin.first + len(origin.characters))
    start, end = (
        [float(logits[token, side]) if token in (0, *context) else -1e9 for token in range(len(feature.tokens))]
        for side in (0, 1)
    )
    return max(
        start[s] + end[e]
        for s, e in product(likeliest(start), likeliest(end))
        if s in context and e in context and s <= e < s + origin.longest and origin.lowest <= s < origin.highest
    )


def test_likely_starts_and_ends_are_combined_as_the_benchmark_does(coder: Coder) -> None:
    reading = Reading(coder, Window(max_length=40, stride=12, max_answer=5), ())
    example = asked("z", context=f"{CONTEXT} {CONTEXT} {CONTEXT}")
    features = span.encode([example], reading)
    assert len(features) > 3
    batch = collate("t", features, coder.padding)
    logits = torch.randn(*batch.ids.shape, 2, generator=torch.Generator().manual_seed(0))
    found = span.reduce(logits.flatten(0, 1), batch)
    for feature, best, own in zip(features, found, logits, strict=True):
        assert best.score == pytest.approx(by_hand(feature, own))
        assert best.null == pytest.approx(float(own[0].sum()))


def test_a_start_counts_in_the_window_that_shows_most_around_it(coder: Coder) -> None:
    features = span.encode([asked("m")], Reading(coder, Window(max_length=19, stride=6, max_query=1), ()))
    origins = [Origin.of(feature) for feature in features]
    begins = [int(origin.characters[0, 0]) // 2 for origin in origins]
    starts = [
        range(begin + o.lowest - o.first, begin + o.highest - o.first) for begin, o in zip(begins, origins, strict=True)
    ]
    assert [token for part in starts for token in part] == list(range(26))
    assert len([part for part in starts if part]) > 1


@pytest.mark.parametrize(
    ("length", "room", "stride"), [(100, 30, 10), (61, 30, 30), (26, 14, 6), (45, 8, 3), (31, 30, 1)]
)
def test_each_token_belongs_to_one_window_by_berts_rule(length: int, room: int, stride: int) -> None:
    parts = stretches(length, room, stride)
    for token in range(length):
        around = [
            (min(token - p.begin, p.end - 1 - token) + 0.01 * (p.end - p.begin), -number)
            for number, p in enumerate(parts)
            if p.begin <= token < p.end
        ]
        assert [-number for number, p in enumerate(parts) if p.lowest <= token < p.highest] == [max(around)[1]]


def test_a_question_may_be_answered_with_nothing_only_where_the_data_say_so(coder: Coder) -> None:
    example = asked(None)
    for may, expected in ((False, "b c"), (True, "")):
        features = span.encode([example], Reading(coder, Window(16, stride=6, max_query=4), (), may))
        first = Origin.of(features[0]).first
        low = [Answer(-5.0, first, first, 9.0) for _ in features[1:]]
        best = Answer(4.0, first + 1, first + 2, 5.0)
        assert span.decode(list(zip(features, [best, *low], strict=True)), [example], ()) == {0: expected}
        # nothing scores lowest in the window that counts for it, and there below the span
        kept = [best._replace(null=3.0), *low]
        assert span.decode(list(zip(features, kept, strict=True)), [example], ()) == {0: "b c"}


def test_no_valid_pair_at_all_is_no_answer(coder: Coder) -> None:
    example = asked("b", context=f"{CONTEXT} {CONTEXT}")
    (feature,) = span.encode([example], Reading(coder, Window(), ()))
    first = Origin.of(feature).first
    logits = torch.full((len(feature.tokens), 2), -50.0)
    logits[first + 26 :, 0] = 30.0
    logits[first : first + 26, 1] = 30.0  # all likely ends come before all likely starts
    (found,) = span.reduce(logits, collate("t", [feature], coder.padding))
    assert span.decode([(feature, found)], [example], ()) == {0: ""}
    assert found.score < -3e4


@pytest.mark.parametrize("answer", [CONTEXT[at : at + 15] for at in range(0, 36, 2)])
def test_windows_that_overlap_by_an_answer_hold_it_whole(coder: Coder, answer: str) -> None:
    window = Window(max_length=20, stride=6, max_query=1)  # room for 15 tokens, 9 of them shared; answers have 8
    features = span.encode([asked(answer)], Reading(coder, window, ()))
    assert span.unheld(features) == ()
    held = next(feature for feature in features if feature.targets[0] > 0)
    start, end = map(int, held.targets)
    assert Origin.of(held).text(CONTEXT, start, end) == answer


def test_an_answer_that_no_window_holds_is_named(coder: Coder) -> None:
    examples = [asked("b c"), asked(CONTEXT[2:40]), asked(None), SpanExample("3", "a", "b", (("", 0),))]
    features = span.encode(examples, Reading(coder, Window(max_length=16, stride=6, max_query=2), ()))
    assert span.unheld(features) == (1,)


def test_characters_are_those_of_the_context_marks_and_all(coder: Coder) -> None:
    context = "e\u0301te\u0301 \u00e9t\u00e9 \u0e01\u0e31\u0e1a x"
    example = SpanExample("0", "x", context, (("\u0e01\u0e31\u0e1a", context.index("\u0e01")),))
    (feature,) = span.encode([example], Reading(coder, Window(), ()))
    answer = Answer(1.0, *map(int, feature.targets), 0.0)
    assert span.decode([(feature, answer)], [example], ()) == {0: "\u0e01\u0e31\u0e1a"}


def test_an_origin_survives_being_integers(coder: Coder) -> None:
    (feature,) = span.encode([asked("b")], Reading(coder, Window(), (), True))
    origin = Origin.of(feature._replace(origin=feature.origin.astype(np.int32)))
    assert (origin.unanswerable, origin.answered, len(origin.characters)) == (True, True, 26)
    assert origin.packed.tolist() == feature.origin.tolist()


def test_every_real_training_answer_is_held_by_a_window(coder: Coder, data_folder: Path) -> None:
    """With the recipe of SQuAD, though a letter is a token here, so that contexts are cut far more often."""
    task = find.task("squad_v2")
    examples = list(islice(task.source.rows(data_folder, "train", "en"), 1_000))
    window = build(Window, task.recipe["window"], "squad_v2")
    features = span.encode(examples, Reading(coder, window, (), True))
    assert len(features) > 2 * len(examples)
    assert span.unheld(features) == ()
    decoded = span.decode([(feature, gold(feature)) for feature in features], examples, ())
    for index, example in enumerate(examples):
        assert bool(decoded[index]) == bool(example.answers)
        assert not example.answers or example.answers[0][0] in decoded[index]


def test_lost_answers_are_told_in_a_sentence_and_held_ones_are_not(coder: Coder) -> None:
    reading = Reading(coder, Window(max_length=16, stride=6, max_query=2), ())
    held, lost = (
        Encoded(Data(name, 1, "span", "train"), span.FORMAT, ("en",), Features([packed(span.encode(rows, reading))]))
        for name, rows in (("short", [asked("b c")]), ("long", [asked("b c"), asked(CONTEXT[2:40])]))
    )
    (sentence,) = unheld_labels([held, lost])
    assert sentence.startswith("task 'long': 1 answers lie in no window")
