"""The targets of a sweep: suites taken apart, single tasks set over them, and sentences for what cannot be."""

import pytest

from harness.catalog import find
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml

TOY = list(find.suite("toy").tasks)


def _sweep(targets: str) -> Sweep:
    return from_yaml(
        Sweep, f"name: made\nmodels: [m]\nintermediate: x\nepochs: 1\nbatch_size: 8\ntargets: {targets}", "made.yaml"
    )


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("toy", TOY),
        ("[toy]", TOY),
        ("toy_qa", ["toy_qa"]),
        ("[udpos, toy]", ["udpos", *TOY]),
        ("[toy, udpos]", [*TOY, "udpos"]),
        ("[toy, {task: toy_qa, train_limit: 400}]", TOY),
        ("[toy, toy_qa]", TOY),
    ],
)
def test_suites_are_taken_apart_in_their_place(targets: str, expected: list[str]) -> None:
    assert [target.task for target in targets_of(_sweep(targets))] == expected


@pytest.mark.parametrize("targets", ["[toy, {task: toy_qa, limit: 7}]", "[{task: toy_qa, limit: 7}, toy]"])
def test_an_entry_of_its_own_wins_over_the_suites(targets: str) -> None:
    found = {target.task: target.limit for target in targets_of(_sweep(targets))}
    assert found == {**dict.fromkeys(TOY), "toy_qa": 7}


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ("[toi]", "targets: there is no task or suite 'toi'; did you mean 'toy'"),
        ("[toy_aq]", "did you mean 'toy_qa'"),
        ("[toy, {task: toy_aq}]", "did you mean 'toy_qa'"),
        ("[{task: toy, limit: 7}]", "'toy' is a suite and takes no settings"),
    ],
)
def test_what_is_no_target_is_said_in_one_sentence(targets: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        targets_of(_sweep(targets))


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ("[toy, toy]", "'targets' names a value twice"),
        ("[]", r"^made.yaml: 'targets' is \[\], but it should name tasks or a suite, such as `targets: toy`$"),
        ("", "^made.yaml: 'targets' is null, but it should name tasks or a suite, such as `targets: toy`$"),
        (
            "{task: toy_qa}",
            '\'targets\' is {"task": "toy_qa"}, but it should name tasks or a suite, such as `targets: toy`$',
        ),
        ("5", "'targets' is 5, but it should name tasks or a suite"),
        ("[5]", "'targets.0' is 5, but"),
        ("[toy, {task: toy_qa, limt: 3}]", "unknown key 'targets.1.limt'"),
    ],
)
def test_what_the_file_may_not_say(targets: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        _sweep(targets)
