"""The projection beside the conductor: it is never waited for, but at the end, and then a bounded time."""

import itertools
import threading
import time
from collections import Counter
from typing import Any

import pytest

from harness.run.track import projecting
from harness.run.track.projecting import Projecting
from harness.spec.errors import HarnessError


def test_what_hangs_does_not_stop_the_conductor(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Launches that end while it hangs are settled, and their phases go on."""

    def hang() -> None:
        hanging.set()
        threading.Event().wait()

    hanging = threading.Event()
    monkeypatch.setattr(stage, "_publish", hang)
    monkeypatch.setattr(Projecting.last, "__defaults__", (0.5,))
    stage.launch_at_most(1)
    stage.play(intermediate__toy_qa="fail")
    states = stage.conduct()
    assert hanging.is_set()
    assert {state.status for state in states.values()} == {"done", "failed", "blocked"}
    assert any("MLflow did not take the results within 0 s" in line for line in stage.heard.said)


def test_attempts_do_not_overlap_and_pause_after_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        attempts.append(time.monotonic())
        raise HarnessError("it is away")

    monkeypatch.setattr(projecting, "FIRST_PAUSE", 0.2)
    attempts: list[float] = []
    said: list[str] = []
    made = Projecting(fail, said.append)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        made.begin()
        time.sleep(0.01)
    pauses = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert 3 <= len(attempts) <= 7
    assert pauses[-1] > pauses[0] > 0.05
    made.last(5)
    assert said == ["warning: it is away"] * len(attempts)


def test_the_last_attempt_comes_after_the_one_at_work_and_is_waited_for() -> None:
    order: list[str] = []

    def publish() -> None:
        order.append("begun")
        time.sleep(0.3)
        order.append("ended")

    made = Projecting(publish, order.append)
    assert made.begin()
    assert not made.begin()
    made.last(10)
    assert order == ["begun", "ended"] * 2


def test_a_mistake_of_ours_is_no_outage() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Projecting(broken, print).last(5)


def test_a_mistake_of_ours_ends_no_launch(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said while launches are at work, and raised when all is done."""

    def broken() -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(stage, "_publish", broken)
    stage.launch_at_most(1)
    stage.play(intermediate__toy_qa="fail")
    with pytest.raises(ZeroDivisionError):
        stage.conduct()
    assert stage.statuses == Counter(done=5, failed=1, blocked=2)
    assert "warning: results could not be written: ZeroDivisionError: of ours" in stage.heard.said
