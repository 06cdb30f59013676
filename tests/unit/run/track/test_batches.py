"""No request holds more than a server takes, in things or in bytes, and nothing is lost between them."""

import pytest

from harness.run.track.projection.tracked import LONGEST_PARAM, TrackedRun, by_length, texts
from harness.run.track.projection.writing import batches


@pytest.mark.parametrize(("metrics", "params"), [(0, 0), (1, 1), (850, 100), (851, 101), (5000, 350), (3, 250)])
def test_requests_are_as_few_as_they_can_be_and_hold_all(metrics: int, params: int) -> None:
    wanted = [(f"m{number}", float(number), 1, number) for number in range(metrics)]
    named = {f"p{number}": str(number) for number in range(params)}
    made = list(batches(wanted, named))
    assert [(m.key, m.value, m.timestamp, m.step) for some, _ in made for m in some] == wanted
    assert {param.key: param.value for _, few in made for param in few} == named
    assert all(len(some) <= 1000 and len(few) <= 100 and len(some) + len(few) + 3 <= 1000 for some, few in made)
    assert len(made) <= max(1, -(-metrics // 850) + -(-params // 100))


def test_a_request_stays_below_a_megabyte() -> None:
    params = {f"p{number}": "ß" * 5_000 for number in range(90)}  # six bytes each in JSON
    made = list(batches([(f"{'m' * 200}{number}", 1.0, 1, 1) for number in range(800)], params))
    assert len(made) > 1
    for some, few in made:
        size = sum(len(str(metric.to_dictionary())) for metric in some) + sum(6 * len(param.value) for param in few)
        assert size < 1_000_000


def test_params_too_long_are_artifacts_and_numbers_are_plain() -> None:
    short, long = by_length({"a": "x" * LONGEST_PARAM, "b": "x" * (LONGEST_PARAM + 1)})
    assert (list(short), list(long)) == (["a"], ["params/b.txt"])
    told = texts({"epochs": 2.0, "steps": 1234567, "rate": 1e-5, "flops": 1e18, "none": None, "betas": (0.9, 0.98)})
    assert told == {"epochs": "2", "steps": "1234567", "rate": "1e-05", "flops": "1e+18", "betas": "[0.9, 0.98]"}


def test_the_digest_is_of_everything_but_what_follows_from_the_rest() -> None:
    run = {"key": "k", "name": "n", "status": "FINISHED", "started": 1, "ended": 2}
    first = TrackedRun(**run, artifacts={"a": b"1", "b": lambda: b"2"})  # type: ignore[arg-type]
    assert first.digest == TrackedRun(**run, artifacts={"a": b"1", "b": lambda: b"3"}).digest  # type: ignore[arg-type]
    assert first.digest != TrackedRun(**run, artifacts={"a": b"2", "b": lambda: b"2"}).digest  # type: ignore[arg-type]
    assert first.digest != TrackedRun(**run, artifacts={"a": b"1"}).digest  # type: ignore[arg-type]
