"""Steps, batches and schedules: derived once, and refused where they cannot be."""

import itertools

import pytest

from harness.plan.costs.duration import micro_batching, steps_per_epoch, steps_within, total_steps
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.recipe import Duration, Recipe


def _recipe(duration: Duration, batch: int = 32) -> Recipe:
    return Recipe(duration, batch, 1e-3, seed=0, warmup=0.1)


def test_one_epoch_of_a_mixture_is_the_sum_over_its_tasks() -> None:
    assert steps_per_epoch([100, 65, 7], 32, cap=None) == 4 + 3 + 1
    assert steps_per_epoch([100, 65, 7], 32, cap=64) == 2 + 2 + 1


@pytest.mark.parametrize(
    ("duration", "steps"),
    [
        (Duration("epochs", 3.0), 12),
        (Duration("epochs", 3.0, at_batch_size=16), 21),  # as many steps as batches of 16 would take
        (Duration("steps", 50.0), 50),
        (Duration("steps", 50.0, at_batch_size=16), 25),  # as many examples as 50 batches of 16
        (Duration("flops", 1000.0), None),
        (Duration("match"), None),
    ],
)
def test_durations_in_steps(duration: Duration, steps: int | None) -> None:
    assert total_steps(_recipe(duration), [100]) == steps


def test_a_budget_pays_for_steps_in_their_order() -> None:
    assert steps_within(100.0, itertools.cycle([30, 60])) == 2
    assert steps_within(120.0, itertools.cycle([30, 60])) == 3


def test_a_budget_below_one_step_is_refused() -> None:
    with pytest.raises(HarnessError, match="below one step"):
        steps_within(10.0, itertools.repeat(70))


@pytest.mark.parametrize(
    ("batch", "processes", "longest", "made"),
    [(32, 2, 64, (16, 1)), (32, 2, 4, (4, 4)), (6, 2, 2, (1, 3)), (7, 1, 64, (7, 1))],
)
def test_the_global_batch_is_micro_times_accumulation_times_processes(
    batch: int, processes: int, longest: int, made: tuple[int, int]
) -> None:
    assert micro_batching(batch, Cluster("c", processes_per_node=processes, max_micro_batch=longest)) == made


@pytest.mark.parametrize(("batch", "near"), [(9, "8 or 12"), (2, "nearest: 4$")])
def test_a_batch_that_processes_cannot_share_names_the_nearest(batch: int, near: str) -> None:
    with pytest.raises(HarnessError, match=near):
        micro_batching(batch, Cluster("c", processes_per_node=4))


def test_the_schedule_warms_up_and_decays_to_nothing() -> None:
    recipe = _recipe(Duration("steps", 100.0))
    rates = [recipe.learning_rate_at(step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == rates[9] == rates[10] == pytest.approx(1e-3)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 2e-5
