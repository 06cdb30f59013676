"""Checks: what is trained for a target is evaluated on English dev rows, and nothing else of a study changes."""

from harness.plan.dag import plan
from harness.plan.sweeps.study import PlannedPoint, Study
from harness.spec.identity import identity
from harness.spec.phase import Evaluate
from tests.unit.plan.studies import point_on_axes, study_of

BLOCK = "analysis: {collapse: {below: 0.5}}"
TARGETS = "[udpos, mlqa, xquad, xcopa, tydiqa, tatoeba, tatoeba_raw, mewslix]"


def _study(*lines: str) -> Study:
    return study_of("anli", "controls: [target_more]", "seeds: [1, 2]", *lines, targets=TARGETS)


def _checks(point: PlannedPoint) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {task: (check.data.task, check.data.split, check.data.languages) for task, check in point.checks}


def test_dev_rows_are_the_targets_own_else_those_of_what_trained_it() -> None:
    found = _checks(point_on_axes(_study(BLOCK)))
    squad = ("squad", "dev", ("en",))
    assert found == {
        "udpos": ("udpos", "dev", ("en",)),
        "mlqa": ("mlqa", "dev", ("en",)),
        "xquad": squad,
        "xcopa": ("copa", "dev", ("en",)),
        "tatoeba": squad,
    }  # TyDiQA has no dev set, Mewsli-X would read its pool once more, and for tatoeba_raw nothing is trained


def test_a_check_is_of_the_weights_that_the_target_is_evaluated_with() -> None:
    point = point_on_axes(_study(BLOCK), "target_more")
    leaves = {leaf.data.task: leaf for leaf in point.leaves}
    assert point.checks
    for task, check in point.checks:
        assert check.of == leaves[task].of
        assert check.layer is None
        assert check.precision == leaves[task].precision


def test_targets_that_share_a_training_share_its_check() -> None:
    checks = dict(point_on_axes(_study(BLOCK)).checks)
    assert identity(checks["xquad"]) == identity(checks["tatoeba"])


def test_no_other_phase_changes_and_no_target_is_added() -> None:
    without, with_ = _study(), _study(BLOCK)
    assert without.evaluations == without.leaves == with_.leaves
    before, after = ([identity(phase) for phase in plan(study.evaluations)] for study in (without, with_))
    added = [phase for phase in plan(with_.evaluations) if identity(phase) not in before]
    assert set(before) < set(after)
    assert added and all(isinstance(phase, Evaluate) and phase.data.split == "dev" for phase in added)


def test_without_a_rule_of_collapse_nothing_is_checked() -> None:
    assert not any(point.checks for point in _study("analysis: {collapse: null}").points)
