"""A sweep that is cut short can be read: baselines first, then whole points, at nearly no cost in time."""

from pathlib import Path

import pytest

from harness.plan.dag import Plan, plan
from harness.plan.sweeps.study import Coordinates, Study
from harness.run.bill.estimate import model_flops
from harness.run.bill.rows import counted
from harness.run.conduct.shares import Shares
from harness.run.study import Work, open_work
from harness.spec.identity import identity
from tests.unit.run.simulated import Course, Machine, conducted

JOBS = Path(__file__).resolve().parents[3] / "jobs"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return open_work(JOBS / "demo.yaml", None, tmp_path_factory.mktemp("demo") / "runs")


@pytest.fixture(scope="module")
def weights(demo: Work) -> dict[str, int]:
    rows = counted(None, demo.runs)
    return {identity(phase): model_flops(phase, rows) or 0 for phase in demo.plan}


def in_order_of_points(study: Study) -> Plan:
    """The plan as it would be if every point had its turn where the sweep names it, controls among them."""
    return plan(leaf for point in study.points for leaf in point.evaluations)


def told(found: list[Coordinates]) -> tuple[int, int]:
    """How many baselines are there, and how many points with their baseline, controls not counted."""
    baselines = [at for at in found if at.is_baseline]
    return len(baselines), sum(at.on_axes and at.control is None and at.baseline in baselines for at in found)


def by_quarters(course: Course, study: Study) -> list[tuple[int, int]]:
    return [told(course.complete(study, share)) for share in (0.25, 0.5, 0.75)]


@pytest.mark.parametrize(
    ("shares", "before", "after"),
    [
        # Pretraining, which all wait for, is 40 % of the demo's work.
        (1, [(0, 0), (3, 1), (3, 18)], [(0, 0), (3, 4), (3, 21)]),
        (2, [(0, 0), (3, 0), (3, 18)], [(0, 0), (3, 4), (3, 21)]),
        (4, [(0, 0), (3, 0), (3, 16)], [(0, 0), (3, 1), (3, 20)]),
    ],
)
def test_half_of_the_demo_has_its_baselines_and_points_to_compare(
    demo: Work, weights: dict[str, int], shares: int, before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    machine = Machine(shares, weights)
    old, new = conducted(in_order_of_points(demo.study), machine), conducted(demo.plan, machine)
    assert by_quarters(old, demo.study) == before
    assert by_quarters(new, demo.study) == after
    assert len(new.ends) == len(old.ends) == len(demo.plan)
    assert new.ends[-1][0] <= 1.01 * old.ends[-1][0]


def test_models_of_several_sizes_are_finished_in_the_order_of_the_sweep(tmp_path: Path) -> None:
    """With the largest first there were 1 baseline and 3 points after half of it, and 8 shares were idle for 1.1 %."""
    work = open_work(JOBS / "scaling.yaml", None, tmp_path, JOBS / "clusters" / "h100_8.yaml")
    shares = Shares(work)
    course = conducted(work.plan, Machine(8, shares._weights, shares._limits))
    assert by_quarters(course, work.study) == [(4, 12), (4, 15), (5, 16)]
    assert course.idle < 0.04


def test_every_leaf_comes_right_after_what_it_reads_and_no_point_before_its_baseline(demo: Work) -> None:
    places = {identity(phase): place for place, phase in enumerate(demo.plan)}
    first, last = {}, {}
    for point in demo.study.points:
        own = [places[identity(leaf)] for leaf in point.leaves]
        first[point.at], last[point.at] = min(own), max(own)
    for at, begun in first.items():
        if not at.is_baseline:
            assert begun > last[at.baseline]
        if at.control:
            assert begun > max(last[other] for other in last if not other.control)
    for point in demo.study.points:
        for leaf in point.leaves:
            if getattr(leaf.of, "role", None) == "target":
                assert places[identity(leaf)] == places[identity(leaf.of)] + 1  # type: ignore[arg-type]
