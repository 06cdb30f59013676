"""Names are files: the catalogue finds what lies there and hints at the nearest name otherwise."""

import pytest

from harness.catalog import find
from harness.plan.network.size import size
from harness.spec.errors import HarnessError


def test_every_name_finds_its_entry():
    assert {find.task(name).name for name in find.task_names()} == set(find.task_names())
    assert {find.model(name).name for name in find.model_names()} == set(find.model_names())


def test_suites_are_named_by_their_files_hold_tasks_and_share_no_name_with_one():
    assert {find.suite(name).name for name in find.suite_names()} == set(find.suite_names())
    assert set(find.suite_names()).isdisjoint(find.task_names())
    for name in find.suite_names():
        tasks = find.suite(name).tasks
        assert len(set(tasks)) == len(tasks) > 0
        assert all(find.task(task).metric for task in tasks)


def test_unknown_suite_names_the_nearest():
    with pytest.raises(HarnessError, match=r"there is no suite 'toi'; did you mean 'toy'\?"):
        find.suite("toi")


def test_unknown_task_names_the_nearest():
    with pytest.raises(HarnessError, match=r"there is no task 'squat_v2'; did you mean 'squad_v2'\?"):
        find.task("squat_v2")


def test_unknown_model_names_the_nearest():
    with pytest.raises(HarnessError, match=r"there is no model 'xlm-r/large'; did you mean 'xlm_r/large'\?"):
        find.model("xlm-r/large")


def test_architectures_have_the_published_sizes():
    millions = {
        name: round(size(find.model(name).architecture).multiplied_in_layers / 1e6, 1)
        for name in ("xlm_r/base", "xlm_r/large")
    }
    assert millions == {"xlm_r/base": 84.9, "xlm_r/large": 302.0}
