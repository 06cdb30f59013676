"""Which steps are on the curves: about as many for every length, and the same ones as more become known."""

import itertools
import json

import pytest

from harness.run.track.projection.curves import APART, CURVE_POINTS, SHARE, curves, is_kept, is_whole


def step(number: int, planned: int | None, **changed: object) -> dict[str, object]:
    told = {"event": "step", "time": number / 10_000, "step": number, "loss": 1.0, "steps": planned}
    return {**told, **changed}


@pytest.mark.parametrize("planned", [1, 5, CURVE_POINTS, 31, 150, 12_345, 10**6])
def test_the_first_and_the_last_are_kept_and_about_so_many_between(planned: int) -> None:
    found = [place for *_, place in curves((step(number, planned, time=0.0) for number in range(planned)), ended=True)]
    assert (found[0], found[-1]) == (0, planned - 1)
    assert min(planned, CURVE_POINTS // 2) <= len(found) <= CURVE_POINTS + 1
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("planned", [7, 150, 999, None])
def test_the_curves_of_a_longer_journal_begin_with_the_same(planned: int | None) -> None:
    events = [step(number, planned) for number in range(planned or 3000)]
    earlier = ()
    for length in range(1, len(events), 13):
        found = curves(events[:length], ended=False)
        assert found[: len(earlier)] == earlier
        earlier = found
    assert curves(events, ended=True)[: len(earlier)] == earlier


def test_a_long_phase_grows_while_one_looks_on() -> None:
    """A step a second, few of which are kept for the form of the curve."""
    events = [step(number, 10**6, time=float(number)) for number in range(3000)]
    found = [place for *_, place in curves(events, ended=False)]
    assert found[:3] == [0, APART, 2 * APART]
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert gaps == sorted(gaps)
    assert APART < max(gaps) <= SHARE * 3000
    assert [place for *_, place in curves(events[:2000], ended=False)] == [place for place in found if place < 2000]


def test_ten_days_have_some_hundred_points() -> None:
    events = (step(number, 86_400, time=10.0 * number) for number in range(86_400))
    assert 200 < len(curves(events, ended=True)) < 500


def test_without_a_plan_they_become_rarer() -> None:
    assert [number for number in range(3000) if is_kept(number, None)] == [
        *range(100),
        *range(100, 1000, 10),
        *range(1000, 3000, 100),
    ]


def test_damaged_lines_are_left_out() -> None:
    bad = [step(0, 3, time=None), step(1, 3, loss=json.loads("NaN")), {"event": "step"}, step(2, 3)]
    assert [is_whole(event) for event in bad] == [False, False, False, True]


def test_the_system_is_told_once_for_each_step_that_is_kept_by_names_that_mlflow_knows() -> None:
    system = {
        "event": "system",
        "time": 5.0,
        "cpu_percent": 12.5,
        "accelerator_memory_bytes": 3e9,
        "memory_bytes": None,
    }
    steps = [step(number, 80) for number in range(3)]
    events = [system, system, steps[0], system, system, steps[1], system, steps[2], {**system, "time": "?"}]
    found = [
        (name, value, place) for name, value, _, place in curves(events, ended=False) if name.startswith("system/")
    ]
    assert (
        found
        == [
            ("system/cpu_utilization_percentage", 12.5, 0),
            ("system/gpu_0_memory_usage_megabytes", 3000.0, 0),
        ]
        * 2
    )
