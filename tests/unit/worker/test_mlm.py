"""Masked language modelling: which tokens are predicted, of a text alone and of one beside its translation."""

from collections import Counter
from string import ascii_lowercase

import numpy as np
import pytest

from harness.spec.example import TextExample
from harness.spec.recipe import Window
from harness.worker.coder import Coder
from harness.worker.format import Feature, Reading
from harness.worker.formats import mlm

ALONE = TextExample("0", ascii_lowercase)
BESIDE = TextExample("1", ascii_lowercase[:12], ascii_lowercase[6:])  # 12 tokens, and 20 tokens
FIRST, SECOND = range(1, 13), range(15, 35)  # where they stand in <s> first </s></s> second </s>
SEEDS = 200


def encoded(coder: Coder, example: TextExample, max_length: int = 64) -> Feature:
    """The only feature of `example`."""
    (feature,) = mlm.encode([example], Reading(coder, Window(max_length), ()))
    return feature


def drawn(coder: Coder, example: TextExample, share: float) -> list[Feature]:
    """The feature of `example`, masked with each of many seeds."""
    feature = encoded(coder, example)
    return [mlm.vary(feature, np.random.default_rng(seed), share, coder) for seed in range(SEEDS)]


@pytest.mark.parametrize("example", [ALONE, BESIDE])
def test_what_is_predicted_is_what_stood_there_and_nothing_else_changes(coder: Coder, example: TextExample) -> None:
    whole = encoded(coder, example)
    for feature in drawn(coder, example, 0.25):
        assert whole.tokens[feature.positions].tolist() == feature.targets.tolist()
        assert len(set(feature.positions.tolist())) == len(feature.positions) > 0
        untouched = np.setdiff1d(np.arange(len(whole.tokens)), feature.positions)
        assert feature.tokens[untouched].tolist() == whole.tokens[untouched].tolist()


@pytest.mark.parametrize("example", [ALONE, BESIDE])
def test_special_tokens_are_never_predicted_and_never_drawn(coder: Coder, example: TextExample) -> None:
    special = np.flatnonzero(coder.is_special)
    for feature in drawn(coder, example, 0.5):
        assert not np.isin(feature.targets, special).any()
        assert set(feature.tokens[feature.positions]).isdisjoint(set(special) - {coder.mask})


def test_masks_are_drawn_anew_but_of_a_text_alone_always_as_many(coder: Coder) -> None:
    found = drawn(coder, ALONE, 0.25)
    assert {len(feature.positions) for feature in found} == {round(0.25 * 26)}
    assert len({tuple(feature.positions) for feature in found}) > SEEDS // 2
    assert set(np.concatenate([feature.positions for feature in found])) == set(range(1, 27))


def test_eight_in_ten_are_masked_and_one_is_drawn_at_random(coder: Coder) -> None:
    kinds: Counter[str] = Counter()
    for feature in drawn(coder, ALONE, 0.5):
        for token, target in zip(feature.tokens[feature.positions], feature.targets, strict=True):
            kinds["masked" if token == coder.mask else "kept" if token == target else "random"] += 1
    total = sum(kinds.values())
    # A random id may be the token's own, or a special token's, for which the original stays.
    assert kinds["masked"] / total == pytest.approx(0.8, abs=0.03)
    assert kinds["random"] / total == pytest.approx(0.1 * 25 / 31, abs=0.03)


def test_beside_its_translation_one_side_is_predicted_and_the_other_read_whole(coder: Coder) -> None:
    found = drawn(coder, BESIDE, 0.25)
    sides = Counter("first" if set(f.positions) <= set(FIRST) else "second" for f in found)
    assert all(set(f.positions) <= set(FIRST) or set(f.positions) <= set(SECOND) for f in found)
    assert sides["first"] == pytest.approx(SEEDS / 2, abs=SEEDS / 8)
    assert set(np.concatenate([feature.positions for feature in found])) == {*FIRST, *SECOND}


def test_a_side_is_predicted_by_twice_the_share_so_that_about_the_share_of_all_is(coder: Coder) -> None:
    counts = {len(feature.positions) for feature in drawn(coder, BESIDE, 0.25)}
    assert counts == {12 // 2, 20 // 2}
    mean = np.mean([len(feature.positions) for feature in drawn(coder, BESIDE, 0.25)])
    assert mean == pytest.approx(0.25 * 32, rel=0.1)


@pytest.mark.parametrize(("share", "counts"), [(0.01, {1}), (0.5, {12, 20}), (0.9, {12, 20})])
def test_at_least_one_token_and_at_most_the_whole_side_is_predicted(
    coder: Coder, share: float, counts: set[int]
) -> None:
    assert {len(feature.positions) for feature in drawn(coder, BESIDE, share)} == counts


def test_both_texts_stand_in_one_sequence(coder: Coder) -> None:
    read = [coder.tokenizer.id_to_token(token) for token in encoded(coder, TextExample("0", "ab", "cde")).tokens]
    assert read == ["<s>", "a", "b", "</s>", "</s>", "c", "d", "e", "</s>"]


@pytest.mark.parametrize("max_length", [8, 9, 16, 33])
def test_the_window_cuts_both_and_leaves_something_of_each(coder: Coder, max_length: int) -> None:
    feature = encoded(coder, BESIDE, max_length)
    begin, middle, second, end = feature.origin.tolist()
    room = max_length - 4
    assert len(feature.tokens) == max_length
    assert middle - begin == min(12, room // 2)
    assert (middle - begin) + (end - second) == room
    assert (begin, second, end) == (1, middle + 2, max_length - 1)
    first, other = coder.pieces([BESIDE.text, str(BESIDE.translation)])
    assert feature.tokens[begin:middle].tolist() == first.ids[: middle - begin].tolist()
    assert feature.tokens[second:end].tolist() == other.ids[: end - second].tolist()
    for seed in range(20):
        varied = mlm.vary(feature, np.random.default_rng(seed), 0.25, coder)
        assert len(varied.tokens) == max_length
        assert set(varied.positions) <= {*range(begin, middle), *range(second, end)}


def test_a_long_text_alone_is_cut_to_features_that_lose_nothing(coder: Coder) -> None:
    features = mlm.encode([ALONE, BESIDE], Reading(coder, Window(12), ()))
    assert [feature.example for feature in features] == [0, 0, 0, 1]
    inner = [token for feature in features[:3] for token in feature.tokens[1:-1].tolist()]
    assert inner == coder.pieces([ALONE.text])[0].ids.tolist()
    assert [feature.origin.tolist() for feature in features[:3]] == [[1, 11], [1, 11], [1, 7]]


def test_an_empty_side_is_one_unknown_token(coder: Coder) -> None:
    feature = encoded(coder, TextExample("0", "ab", ""))
    assert feature.origin.tolist() == [1, 3, 5, 6]
    assert {len(mlm.vary(feature, np.random.default_rng(s), 0.25, coder).positions) for s in range(9)} == {1}
