"""The projection beside the conductor: it is never waited for, but at the end, and then a bounded time."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from harness.run.conduct import loop
from harness.run.track import projecting
from harness.run.track.projecting import NOWHERE, Projecting, Projection
from harness.spec.errors import HarnessError


def writing(publish: Callable[[], None]) -> Projection:
    return NOWHERE._replace(publish=publish)


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
    made = Projecting(writing(fail), said.append)
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

    made = Projecting(writing(publish), order.append)
    assert made.begin()
    assert not made.begin()
    made.last(10)
    assert order == ["begun", "ended"] * 2


def test_a_mistake_of_ours_is_no_outage() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Projecting(writing(broken), print).last(5)


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


def test_what_took_long_is_let_rest_and_what_is_light_goes_on(monkeypatch: pytest.MonkeyPatch, until: Any) -> None:
    """Neither kind takes more than a tenth of a processor; the first loads MLflow, the last waits for no such thing."""

    def busy() -> None:
        done.append("all")
        ends = time.thread_time() + 0.3
        while time.thread_time() < ends:
            pass

    monkeypatch.setattr(projecting, "LIVE", 0.05)
    done: list[str] = []
    made = Projecting(Projection(busy, lambda phases: done.append("live")), print)
    until(made.begin)
    until(made.begin)
    for _ in range(3):
        until(lambda: made.follow(()))
    assert not made.begin(), "less than 3 s after one that used 0.3 s"
    assert done == ["all", "all", "live", "live", "live"]
    made.last(10)
    assert done[-1] == "all"


def test_what_is_slow_without_using_a_processor_is_let_rest_as_long_again(until: Any) -> None:
    began: list[float] = []

    def slow() -> None:
        began.append(time.monotonic())
        time.sleep(0.4)

    made = Projecting(writing(slow), print)
    for _ in range(3):
        until(made.begin)
    made.last(10)
    first, second, third, last = began
    assert second - first < 0.7 < third - second
    assert last - third < 0.7


def test_everything_that_could_not_be_written_is_owed_until_it_is(monkeypatch: pytest.MonkeyPatch, until: Any) -> None:
    def publish() -> None:
        if away:
            raise HarnessError("MLflow is away")

    def look(phases: object) -> None:
        raise HarnessError("MLflow is away")

    monkeypatch.setattr(projecting, "FIRST_PAUSE", 0.01)
    away = [True]
    made = Projecting(Projection(publish, look), lambda line: None)
    until(lambda: made.follow(()))
    until(made.begin)
    until(lambda: made.owes)
    away.clear()
    until(made.begin)
    until(lambda: not made.owes)


def test_what_is_owed_is_written_while_launches_are_at_work_not_only_when_the_next_ends() -> None:
    tries: list[float] = []
    conduct = object.__new__(loop._Conduct)
    conduct._ended = conduct._finished = False
    conduct._running = []
    conduct._projecting = SimpleNamespace(owes=True, begin=tries.append, follow=lambda phases: False)  # type: ignore[assignment]
    conduct._project()
    assert tries == [projecting.QUIET]
    conduct._projecting.owes = False
    conduct._project()
    assert tries == [projecting.QUIET]


def test_a_look_at_what_grew_is_not_taken_all_the_time() -> None:
    looks: list[int] = []
    made = Projecting(NOWHERE._replace(follow=lambda phases: looks.append(1)), print)
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        made.follow(())
        time.sleep(0.01)
    assert len(looks) == 1


def test_everything_is_written_at_once_when_a_launch_has_ended_else_not_before_a_while() -> None:
    made = Projecting(NOWHERE, print)
    assert not made.begin(quiet=30.0), "nor at the start"
    assert made.begin()
    made._join(time.monotonic() + 10)
    assert not made.begin(quiet=30.0)
    made._whole.ended -= 31
    assert made.begin(quiet=30.0)
    made._join(time.monotonic() + 10)
    assert made.begin()
