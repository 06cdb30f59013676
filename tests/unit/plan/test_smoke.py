"""A plan in miniature: every kind of phase is in it, cut short and otherwise as it was."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.plan.dag import Plan, plan
from harness.plan.places.choice import Choice
from harness.plan.smoke import STEPS, Smoke, kind_of, shortened, smoke
from harness.run.placing import places
from harness.run.study import Work, open_work
from harness.spec.identity import identity
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, lineage, parents

CHECKOUT = Path(__file__).resolve().parents[3]
SMALL = CHECKOUT / "tests" / "end_to_end" / "small.yaml"
BUDGET = 8192  # tokens of a batch


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """A sweep with every control, two-stage chains, two batch sizes, a tokenizer and a model trained from scratch."""
    cluster = CHECKOUT / "jobs" / "clusters" / "two_processes.yaml"
    return open_work(SMALL, None, tmp_path_factory.mktemp("runs"), cluster)


@pytest.fixture(scope="module")
def chosen(work: Work) -> dict[str, Choice]:
    return places(work).chosen


@pytest.fixture(scope="module")
def made(work: Work, chosen: dict[str, Choice]) -> Smoke:
    return smoke(work.plan, chosen)


def test_every_kind_occurs_in_few_phases_with_their_parents(work: Work, chosen: dict[str, Choice], made: Smoke) -> None:
    assert set(made.kinds) == {kind_of(phase, chosen[identity(phase)]) for phase in work.plan}
    assert len(made.phases) < len(work.plan) / 4
    known: set[AnyPhase] = set()
    for phase in made.phases:
        assert known.issuperset(parents(phase))
        known.add(phase)
    assert sorted(key for keys in made.kinds.values() for key in keys) == sorted(map(identity, made.phases))


def test_nothing_trains_longer_than_some_steps_or_waits_for_what_it_matches(made: Smoke) -> None:
    trains = [phase for phase in made.phases if isinstance(phase, Train)]
    assert {(phase.recipe.duration.unit, phase.matches) for phase in trains} == {("steps", None)}
    assert max(phase.recipe.duration.amount for phase in trains) == STEPS
    evaluations = [phase for phase in made.phases if isinstance(phase, Evaluate)]
    assert all(0 < (phase.data.limit or 0) * phase.window.max_length <= BUDGET for phase in evaluations)


def test_what_can_fail_stays_as_it_was(work: Work) -> None:
    for phase in work.plan:
        short = shortened(phase, BUDGET)
        if isinstance(phase, TrainTokenizer):
            assert short == phase
        elif isinstance(phase, Train) and isinstance(short, Train):
            assert replace(short.recipe, duration=phase.recipe.duration) == phase.recipe
            assert (short.data, short.role) == (phase.data, phase.role)
            assert len(list(lineage(short))) == len(list(lineage(phase)))
        elif isinstance(phase, Evaluate) and isinstance(short, Evaluate):
            assert replace(short.data, limit=phase.data.limit) == phase.data
            assert (short.window, short.layer, short.precision) == (phase.window, phase.layer, phase.precision)


def test_fewer_steps_than_that_stay_as_few(work: Work) -> None:
    (few, many) = (
        next(phase for phase in _intermediate(work.plan) if _steps(phase) in amounts) for amounts in ([3], [6])
    )
    assert [_steps(shortened(phase, BUDGET)) for phase in (few, many)] == [3, 6]


def test_a_limit_that_is_smaller_stays_and_pools_have_one_as_well(work: Work) -> None:
    leaf = next(phase for phase in work.plan if isinstance(phase, Evaluate))
    pooled = replace(leaf, data=replace(leaf.data, limit=3), pool=leaf.data, tuning=leaf)
    short = shortened(pooled, BUDGET)
    assert isinstance(short, Evaluate)
    assert short.pool is not None
    assert short.tuning is not None
    rows = BUDGET // leaf.window.max_length
    assert (short.data.limit, short.pool.limit, short.tuning.data.limit) == (3, min(rows, 40), min(rows, 40))
    assert shortened(leaf, 1) == replace(shortened(leaf, 1), data=replace(leaf.data, limit=1))


def test_pairs_to_be_mined_keep_all_rows(work: Work) -> None:
    leaf = next(phase for phase in work.plan if isinstance(phase, Evaluate))
    mined = replace(leaf, data=replace(leaf.data, task="bucc2018", limit=None))
    short = shortened(mined, BUDGET)
    assert isinstance(short, Evaluate)
    assert short.data == mined.data


Change = Callable[[Train], Train]


@pytest.mark.parametrize(
    ("change", "another"),
    [
        (lambda phase: replace(phase, recipe=replace(phase.recipe, seed=9)), False),
        (lambda phase: replace(phase, recipe=replace(phase.recipe, learning_rate=0.5)), False),
        (lambda phase: replace(phase, recipe=replace(phase.recipe, precision="bf16")), True),
        (lambda phase: replace(phase, recipe=replace(phase.recipe, window=replace(phase.window, max_length=32))), True),
        (lambda phase: replace(phase, data=phase.data[:1]), True),
    ],
)
def test_kinds_are_told_by_what_may_break(work: Work, chosen: dict[str, Choice], change: Change, another: bool) -> None:
    phase = next(phase for phase in _intermediate(work.plan) if len({data.format for data in phase.data}) > 1)
    where = chosen[identity(phase)]
    assert (kind_of(change(phase), where) != kind_of(phase, where)) is another
    elsewhere = replace(where, placement=replace(where.placement, micro_batch=1))
    assert kind_of(phase, elsewhere) != kind_of(phase, where)


def test_a_plan_of_one_leaf_is_its_own_lineage_in_short(work: Work, chosen: dict[str, Choice]) -> None:
    lineages = (plan((leaf,)) for leaf in work.plan if isinstance(leaf, Evaluate))
    alone = max((phases for phases in lineages if not any(map(_matches, phases))), key=len)
    assert len(alone) > 4
    assert smoke(alone, chosen).phases == tuple(shortened(phase, BUDGET) for phase in alone)


def _intermediate(phases: Plan) -> list[Train]:
    return [phase for phase in phases if isinstance(phase, Train) and phase.role == "intermediate"]


def _steps(phase: AnyPhase) -> float | None:
    timed = isinstance(phase, Train) and phase.recipe.duration.unit == "steps"
    return shortened(phase, BUDGET).recipe.duration.amount if timed else None  # type: ignore[union-attr]


def _matches(phase: AnyPhase) -> bool:
    return isinstance(phase, Train) and phase.matches is not None
