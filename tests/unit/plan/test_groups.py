"""What is launched next: the trunk alone, else whole components, dealt so that shares have about equal work."""

import itertools
import random

import pytest

from harness.plan.dag import Plan, plan
from harness.plan.groups import NONE, Group, Limits, groups
from harness.spec.identity import identity
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import AnyPhase, Evaluate, Train, parents
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data, Part

PUBLISHED = Pretrained("made/model", "0" * 40, Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128))
DATA = Data("toy_senses", 1, "tagging", "train", (Part("en", "a" * 64),), ("NOUN", "VERB"))
SEEDS = itertools.count()
ONE, TWO = range(1), range(1, 2)


def trained(start: Pretrained | Train = PUBLISHED, matches: Train | None = None) -> Train:
    """A phase unlike any other."""
    recipe = Recipe(Duration("match" if matches else "epochs"), 8, 1e-3, seed=next(SEEDS))
    return Train(start, (DATA,), recipe, "target", matches)


def grouped(
    weights: dict[AnyPhase, int], shares: int, free: int | None = None, limits: Limits = NONE
) -> list[tuple[list[AnyPhase], range]]:
    """The groups of these phases, in the order in which they are given."""
    by_id = {identity(phase): weight for phase, weight in weights.items()}
    found = groups(tuple(weights), by_id, shares, range(shares if free is None else free), limits)
    return [(list(group.phases), group.shares) for group in found]


def test_one_share_takes_everything_in_one_group_in_plan_order() -> None:
    first = trained()
    second, alone = trained(first), trained()
    assert grouped({first: 1000, alone: 1, second: 1}, shares=1) == [([first, alone, second], ONE)]


def test_what_most_of_the_work_waits_for_comes_first_and_alone() -> None:
    pretrained = trained()
    left, right = trained(pretrained), trained(pretrained)
    assert grouped({pretrained: 1, left: 50, right: 50}, shares=2) == [([pretrained], range(2))]
    assert grouped({left: 50, right: 50}, shares=2) == [([left], ONE), ([right], TWO)]


def test_the_trunk_is_a_chain_as_far_as_more_than_one_share_waits_for_it() -> None:
    tokenizer_like = trained()
    pretrained = trained(tokenizer_like)
    stage = trained(pretrained)
    leaves = [trained(stage), trained(stage), trained(pretrained)]
    weights = {tokenizer_like: 0, pretrained: 10, stage: 30, leaves[0]: 20, leaves[1]: 20, leaves[2]: 20}
    assert grouped(weights, shares=2) == [([tokenizer_like, pretrained, stage], range(2))]


def test_a_phase_is_no_trunk_if_only_just_one_share_waits_for_it() -> None:
    first, other = trained(), trained()
    evaluated = Evaluate(first, DATA)
    assert grouped({first: 30, evaluated: 20, other: 50}, shares=2) == [([first, evaluated], ONE), ([other], TWO)]


def test_there_is_no_trunk_while_something_else_is_at_work() -> None:
    first = trained()
    second = trained(first)
    assert grouped({first: 10, second: 10}, shares=2, free=1) == [([first, second], ONE)]
    assert grouped({first: 10, second: 10}, shares=3, free=2) == [([first, second], ONE)]


def test_evaluations_stay_with_their_training() -> None:
    trainings = [trained() for _ in range(4)]
    leaves = [Evaluate(training, DATA) for training in trainings]
    # Evaluations last, as no plan has them: the order of the plan is kept within a group.
    found = grouped(dict.fromkeys([*trainings, *leaves], 1), shares=2)
    assert found == [([trainings[i], trainings[i + 2], leaves[i], leaves[i + 2]], range(i, i + 1)) for i in range(2)]


def test_a_phase_with_two_parents_joins_what_they_belong_to() -> None:
    spent, start, others = trained(), trained(), [trained(), trained()]
    control = trained(start, matches=spent)
    found = grouped({spent: 1, start: 1, control: 1, others[0]: 1, others[1]: 2}, shares=2)
    assert found == [([spent, start, control], ONE), (others, TWO)]


def test_parents_that_are_done_join_nothing() -> None:
    done = trained()
    left, right = trained(done), trained(done)
    assert grouped({left: 1, right: 1}, shares=2) == [([left], ONE), ([right], TWO)]


def test_the_heaviest_come_first_to_the_lightest_share() -> None:
    sixth, fifth, fourth, third, second = (trained() for _ in range(5))
    weights: dict[AnyPhase, int] = {second: 2, third: 3, fourth: 4, fifth: 5, sixth: 6}
    assert grouped(weights, shares=2) == [([second, third, sixth], ONE), ([fourth, fifth], TWO)]


def test_what_weighs_nothing_is_dealt_by_number() -> None:
    phases: list[AnyPhase] = [trained() for _ in range(6)]
    assert [len(found) for found, _ in grouped(dict.fromkeys(phases, 0), shares=3)] == [2, 2, 2]


def test_no_share_gets_an_empty_group() -> None:
    alone = trained()
    assert grouped({alone: 0}, shares=4) == [([alone], ONE)]
    assert grouped({}, shares=2) == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_plan_groups_are_closed_and_everything_is_taken_once(seed: int) -> None:
    phases, weights = _made(random.Random(seed))
    draw = random.Random(seed)
    sizes = {key: draw.choice([1, 2, 4]) for key in weights if draw.random() < 0.5}
    left, shares, limits = phases, 4, Limits(sizes)
    while left:
        found = groups(left, weights, shares, range(shares), limits)
        assert found == groups(left, weights, shares, range(shares), limits)
        _check_closed(found, left)
        given = [identity(phase) for group in found for phase in group.phases]
        assert all(
            len(group.shares) in {sizes.get(identity(each), len(group.shares)) for each in group.phases}
            for group in found
        )
        taken = set(given)
        assert len(given) == len(taken) > 0
        left = tuple(phase for phase in left if identity(phase) not in taken)


def _made(draw: random.Random) -> tuple[Plan, dict[str, int]]:
    trees: list[Train] = [trained()]
    for _ in range(40):
        start = draw.choice([PUBLISHED, *trees])
        trees.append(trained(start, matches=draw.choice(trees) if draw.random() < 0.1 else None))
    phases = plan([*trees, *(Evaluate(tree, DATA) for tree in trees)])
    return phases, {identity(phase): draw.randrange(100) for phase in phases}


def _check_closed(found: tuple[Group, ...], ready: Plan) -> None:
    """Every ready phase's ready parents come before it, in its own group, and no two groups share anything."""
    known = set(map(identity, ready))
    for group in found:
        before: set[str] = set()
        for phase in group.phases:
            assert before.issuperset(known.intersection(map(identity, parents(phase))))
            before.add(identity(phase))
    taken = [number for group in found for number in group.shares]
    assert len(taken) == len(set(taken))


def test_the_size_that_the_plan_names_first_comes_first_and_the_rest_beside_it() -> None:
    large, middle, small = trained(), trained(), trained()
    limits = Limits({identity(large): 4, identity(middle): 2, identity(small): 1})
    assert grouped({large: 1, small: 1, middle: 1}, 4, limits=limits) == [([large], range(4))]
    assert grouped({middle: 1, small: 1}, 4, limits=limits) == [([middle], range(2)), ([small], range(2, 3))]
    assert grouped({small: 1, middle: 9, large: 9}, 4, limits=limits) == [([small], ONE), ([middle], range(2, 4))]


def test_phases_wait_for_parents_of_another_size() -> None:
    first, small = trained(), trained()
    large, larger = trained(first), trained(trained(first))
    made: tuple[AnyPhase, ...] = (large, larger.start, larger, Evaluate(large, DATA), small)
    sizes = {identity(each): 3 if each in (large, larger) else 1 for each in (first, *made)}
    before = grouped(dict.fromkeys((first, *made), 0), 3, limits=Limits(sizes))
    assert before == [([first, larger.start], ONE), ([small], TWO)]
    assert grouped(dict.fromkeys(made, 0), 3, limits=Limits(sizes)) == [([large], range(3))]
    assert grouped(dict.fromkeys((large, larger, small), 0), 3, limits=Limits(sizes)) == [([large, larger], range(3))]


def test_while_others_are_at_work_it_waits_with_all_that_is_made_from_it() -> None:
    first, small = trained(), trained()
    large = trained(first)
    weights: dict[AnyPhase, int] = dict.fromkeys((first, large, Evaluate(large, DATA), small), 0)
    sizes = dict.fromkeys(map(identity, weights), 1) | {identity(large): 3}
    assert grouped(weights, 3, 2, Limits(sizes)) == [([first], ONE), ([small], TWO)]


def test_only_neighbours_at_their_place_are_taken_together() -> None:
    pair, single = trained(), trained()
    weights, limits = {identity(pair): 1, identity(single): 1}, Limits({identity(pair): 2})
    found = groups((pair, single), weights, 8, {1, 2, 3, 5, 6}, limits)
    assert [(group.phases, group.shares) for group in found] == [((pair,), range(2, 4)), ((single,), range(1, 2))]
    assert [group.shares for group in groups((pair, single), weights, 8, {1, 2, 5, 6}, limits)] == [range(1, 2)]


def test_a_trunk_that_is_limited_stays_on_a_share() -> None:
    first = trained()
    weights: dict[AnyPhase, int] = {first: 10, trained(first): 1}
    assert grouped(weights, 2)[0][1] == range(2)
    for limits in (Limits(small={identity(first)}), Limits({identity(first): 1})):
        assert grouped(weights, 2, limits=limits)[0][1] == ONE


def test_what_is_made_from_a_trunk_on_one_share_waits_where_it_can_be_dealt_then() -> None:
    pretrained, alone = trained(), trained()
    leaves = [trained(pretrained) for _ in range(4)]
    everything: dict[AnyPhase, int] = {pretrained: 10, alone: 10, **dict.fromkeys(leaves, 10)}
    limits = Limits(dict.fromkeys(map(identity, everything), 1))
    assert grouped(everything, 4, limits=limits) == [([pretrained], ONE), ([alone], TWO)]
    behind: dict[AnyPhase, int] = dict.fromkeys(leaves, 10)
    assert [phases for phases, _ in grouped(behind, 4, 3, limits)] == [[leaves[0], leaves[3]], [leaves[1]], [leaves[2]]]
    del everything[leaves[1]], everything[leaves[2]], everything[leaves[3]]
    chain = [pretrained, leaves[0]]  # nothing is gained by another launch
    assert grouped(everything, 4, limits=limits) == [(chain, ONE), ([alone], TWO)]


def test_targets_of_one_stage_are_dealt_and_their_evaluations_stay_with_them() -> None:
    """Each target is more than one of eight shares' work by itself: still nothing but the stage is waited for."""
    stage = trained()
    targets = [trained(stage) for _ in range(3)]
    leaves = [Evaluate(target, DATA) for target in targets]
    weights: dict[AnyPhase, int] = {stage: 14, **dict.fromkeys(targets, 46), **dict.fromkeys(leaves, 1)}
    limits = Limits(dict.fromkeys(map(identity, weights), 1))
    assert grouped(weights, 8, limits=limits) == [([stage], ONE)]
    del weights[stage]
    assert grouped(weights, 8, limits=limits) == [
        ([target, leaf], range(at, at + 1)) for at, (target, leaf) in enumerate(zip(targets, leaves, strict=True))
    ]
