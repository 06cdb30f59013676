"""What is tried again after a setback, how often and when."""

from dataclasses import replace
from typing import Any

import pytest

from harness.run.conduct import setbacks
from harness.run.conduct.setbacks import TRIES, Setbacks
from harness.spec.cluster import Placement
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Evaluate, Train
from harness.spec.record import Cause, Failure

PLACE = Placement("cpu", 2, 2, "zero2", 6, 2, 512, 600)


def failed(cause: Cause) -> Failure:
    return Failure("0123456789ab", "a reason", "", "now", cause)


@pytest.fixture
def train(make: Any) -> Train:
    return next(point.leaves[0].of for point in make.study().points if isinstance(point.leaves[0].of, Train))


def test_a_mistake_is_not_tried_again(train: Train) -> None:
    assert Setbacks().again(train, failed("error"), PLACE, 0) is None


def test_what_is_lost_is_tried_until_it_makes_no_step_five_times(train: Train) -> None:
    known = Setbacks()
    told = [known.again(train, failed("lost"), PLACE, 0) for _ in range(TRIES["lost"])]
    assert told[0] == "it starts again (try 2 of 5)"
    assert told[1] == "it starts again in 5 s (try 3 of 5)"
    assert [each is None for each in told] == [False, False, False, False, True]


def test_a_step_more_is_a_new_beginning(train: Train) -> None:
    known = Setbacks()
    assert all(known.again(train, failed("lost"), PLACE, step) for step in range(20))
    assert known.again(train, failed("lost"), PLACE, 19) == "it goes on from step 19 in 5 s (try 3 of 5)"


def test_it_waits_before_it_is_tried_again(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(setbacks.time, "monotonic", lambda: now)
    known = Setbacks()
    for _ in range(2):
        known.again(train, failed("lost"), PLACE, 0)
    assert list(known.waiting()) == [identity(train)]
    now += 5.0
    assert list(known.waiting()) == []


def test_what_has_failed_is_not_waited_for(train: Train) -> None:
    known = Setbacks()
    while known.again(train, failed("lost"), PLACE, 0):
        known.known[identity(train)].not_before = 0.0
    assert list(known.waiting()) == []


def test_causes_in_turn_and_a_checkpoint_lost_do_not_make_it_try_for_ever(train: Train) -> None:
    known = Setbacks()
    told = [known.again(train, failed(cause), PLACE, 8) for cause in ("diverged", "lost", "diverged")]
    assert [each is None for each in told] == [False, False, True]
    known = Setbacks()
    told = [known.again(train, failed("lost"), PLACE, step) for step in (8, 4, 8, 4, 8)]
    assert [each is None for each in told] == [False, False, False, False, True]


def test_one_that_does_not_fit_at_all_says_nothing_about_others(train: Train) -> None:
    known = Setbacks()
    assert known.again(train, failed("memory"), replace(PLACE, micro_batch=1, accumulation=12), 0) is None
    assert known.again(train, failed("memory"), PLACE, 0) == "its micro-batch becomes 3, accumulated 4 times"


def test_numbers_that_diverge_are_met_twice(train: Train) -> None:
    known = Setbacks()
    assert known.again(train, failed("diverged"), PLACE, 7) == "it goes on from step 7 (try 2 of 2)"
    assert known.again(train, failed("diverged"), PLACE, 7) is None


def test_memory_halves_the_micro_batch_of_the_same_global_batch(train: Train) -> None:
    known, place = Setbacks(), PLACE
    for size in (3, 1):
        assert known.again(train, failed("memory"), place, 0)
        place = known.fitted(train, PLACE)
        assert (place.micro_batch, place.micro_batch * place.accumulation) == (size, 12)
    assert known.again(train, failed("memory"), place, 0) is None


def test_an_evaluation_gets_fewer_tokens_until_one_row_is_a_batch(make: Any) -> None:
    leaf = make.study().points[0].leaves[0]
    known, place, budgets = Setbacks(), PLACE, []
    while known.again(leaf, failed("memory"), place, 0):
        place = known.fitted(leaf, PLACE)
        budgets.append(place.token_budget)
    length = leaf.window.max_length
    assert budgets == list(dict.fromkeys(max(size, length) for size in (256, 128, 64, 32, 16, 8, 4, 2, 1)))
    assert len(budgets) >= 1


def test_another_that_ran_beside_does_not_halve_it_twice(train: Train) -> None:
    known = Setbacks()
    for _ in range(2):
        known.again(train, failed("memory"), PLACE, 0)
    assert known.fitted(train, PLACE).micro_batch == 3


def test_other_kinds_keep_their_batches(train: Train, make: Any) -> None:
    known = Setbacks()
    known.again(train, failed("memory"), PLACE, 0)
    other: AnyPhase = make.study().points[0].leaves[0]
    assert isinstance(other, Evaluate)
    assert known.fitted(other, PLACE) == PLACE
