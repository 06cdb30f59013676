"""Waiting for what other commands run."""

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from harness.files import lease as leases
from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.files.lease import acquire, read_lease
from harness.run.placing import choice
from harness.run.watch import Activity

WAITED = ("intermediate-toy_qa", "intermediate-toy_polarity")


def test_the_end_of_any_phase_run_elsewhere_is_noticed(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (stage.folder(name) for name in WAITED)
    done: list[int] = []

    def hear(now: Sequence[Activity]) -> None:
        if not now or now[0].phase != first.slug:
            return
        done.append(stage.statuses["done"])
        assert len(done) < 9, "the one that ended first is not noticed"
        if not second.done:
            stage.finish(second)
        elif stage.statuses["done"] == 5:
            stage.finish(first)

    for folder in (first, second):
        acquire(folder.lease_file, "another")
    monkeypatch.setattr(stage.heard, "activities", hear)
    monkeypatch.setattr("harness.run.conduct.loop.PATIENCE", 0.05)
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert done == [2, 5]
    assert len(stage.heard.said) == 1
    assert stage.heard.said[0].startswith("waiting for phases run by process")


def test_a_stale_lease_of_another_host_is_watched_and_taken_over(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock is an hour ahead, so that its last sign of life seems to come yet."""
    folder = stage.folder(WAITED[0])
    acquire(folder.lease_file, "another")
    held = read_lease(folder.lease_file)
    assert held
    ahead = dataclasses.replace(held, host="elsewhere", renewed=held.renewed + 3600 * 10**9)
    write_json(folder.lease_file, ahead)
    monkeypatch.setattr(leases, "TIME_TO_LIVE", 1.5)
    monkeypatch.setattr("harness.run.conduct.loop.PATIENCE", 0.05)
    began = time.monotonic()
    stage.conduct()
    assert time.monotonic() - began > 1.5
    assert stage.statuses == Counter(done=8)


def test_what_another_host_runs_is_left_to_it_however_old_its_clock_is(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stage.folder(WAITED[0])
    acquire(folder.lease_file, "another")
    held = read_lease(folder.lease_file)
    assert held
    beats = iter(range(10**6))
    until = time.monotonic() + 4.0

    def beat(now: Sequence[Activity]) -> None:
        if time.monotonic() > until and not folder.done:
            stage.finish(folder)
        elif not folder.done:
            write_json(folder.lease_file, dataclasses.replace(held, host="elsewhere", renewed=next(beats)))

    beat(())
    monkeypatch.setattr(stage.heard, "activities", beat)
    monkeypatch.setattr(leases, "TIME_TO_LIVE", 1.5)
    monkeypatch.setattr("harness.run.conduct.loop.PATIENCE", 0.05)
    stage.conduct()
    assert folder.id not in stage.performed
    assert stage.statuses == Counter(done=8)


def test_what_is_to_be_tried_again_does_not_wait_for_other_commands(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, others = (stage.folder(name) for name in WAITED)
    acquire(others.lease_file, "another")
    deadline = time.monotonic() + 20

    def hear(now: Sequence[Activity]) -> None:
        assert time.monotonic() < deadline, "it is not tried again"
        if tried.done and not others.done:
            stage.finish(others)

    monkeypatch.setattr("harness.run.conduct.setbacks.WAITS", (1.0,))
    monkeypatch.setattr("harness.run.conduct.loop.PATIENCE", 0.05)
    monkeypatch.setattr(stage.heard, "activities", hear)
    stage.play(intermediate__toy_qa="die 1")
    stage.conduct()
    assert stage.statuses == Counter(done=8)


def test_what_another_finished_while_this_command_stood_still_is_left_to_it(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(work: Any, phase: Any, cluster: Any) -> Any:
        """As if the lease had been lost between the claim and the launch."""
        if folder_of(stage.runs, phase).path == folder.path and not folder.done:
            folder.lease_file.unlink()
            stage.finish(folder)
        return choice(work, phase, cluster)

    folder = stage.folder(WAITED[0])
    monkeypatch.setattr("harness.run.conduct.job.choice", chosen)
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert folder.id not in stage.performed
    assert any("is another command's by now" in line for line in stage.heard.said)
