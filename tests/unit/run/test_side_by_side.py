"""Several launches at once on one cluster, with a worker that is played."""

import io
import json
import re
import signal
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psutil
import pytest
from rich.console import Console

from harness.files.lease import read_lease
from harness.plan.groups import Group
from harness.run.conduct.claim import claim
from harness.run.conduct.setbacks import TRIES
from harness.run.progress import Lines
from harness.run.upkeep import cancel
from harness.run.watch import Activity
from harness.spec.errors import HarnessError
from harness.spec.identity import identity

BOTH = {"intermediate__toy_qa": "wait", "intermediate__toy_polarity": "wait"}


@pytest.fixture
def both(stage: Any, until: Any) -> Any:
    """A command in a process of its own, with one phase at work in each of two launches."""
    stage.play(**BOTH)
    command = stage.start()
    folders = [stage.folder(name.replace("__", "-")) for name in BOTH]
    until(lambda: all(folder.journal_file.exists() for folder in folders) and stage.statuses["done"] == 2)
    return command


@pytest.fixture
def workers(stage: Any, both: Any) -> list[psutil.Process]:
    """The two processes that work."""
    leases = [read_lease(stage.folder(name.replace("__", "-")).lease_file) for name in BOTH]
    return [psutil.Process(lease.pid) for lease in leases if lease]


def test_two_phases_are_run_at_once_each_on_one_process(stage: Any, both: Any) -> None:
    assert both.poll() is None
    (stage.runs / "go").touch()
    assert both.wait(60) == 0
    assert stage.statuses == Counter(done=8)
    assert set(Counter(stage.performed).values()) == {1}
    assert {processes for _, processes in _placed(stage)} == {1}
    assert len(list((stage.runs / "logs").glob("*.log"))) == 2


@pytest.mark.parametrize("how", ["fail", "die", "say", "garble"])
def test_one_fails_while_the_other_goes_on(stage: Any, until: Any, how: str) -> None:
    stage.play(**{**BOTH, "intermediate__toy_qa": how})
    command = stage.start()
    until(lambda: stage.statuses["failed"] == 1)
    assert stage.states[stage.folder("intermediate-toy_polarity").id].status == "running"
    (stage.runs / "go").touch()
    assert command.wait(60) == 1
    assert stage.statuses == Counter(done=5, failed=1, blocked=2)
    again = TRIES["lost"] if how == "die" else 1
    assert sorted(Counter(stage.performed).values()) == [1] * 5 + [again]


def test_what_a_failure_left_is_run_on_the_share_that_it_freed(stage: Any, until: Any) -> None:
    text = stage.sweep.read_text().replace("[toy_qa, toy_polarity]", "[toy_qa, toy_polarity, toy_qa+toy_polarity]")
    stage.sweep.write_text(text)
    beside, behind = "intermediate-toy_polarity+toy_qa", "intermediate-toy_polarity"
    stage.play(**{"intermediate__toy_qa": "fail", beside: "wait", behind: "wait"})
    command = stage.start()
    until(lambda: stage.folder(beside).journal_file.exists() and stage.folder(behind).journal_file.exists())
    assert stage.states[stage.folder("intermediate-toy_qa").id].status == "failed"
    (stage.runs / "go").touch()
    assert command.wait(60) == 1
    assert stage.statuses == Counter(done=8, failed=1, blocked=2)
    assert set(Counter(stage.performed).values()) == {1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both(stage: Any, both: Any, workers: Any, number: signal.Signals) -> None:
    assert len(workers) == 2
    both.send_signal(number)
    assert both.wait(30) == 128 + number
    _nothing_is_left_of(stage, workers)


def test_cancel_ends_both(stage: Any, both: Any, workers: Any) -> None:
    assert any("asked" in line for line in cancel(stage.runs))
    assert both.wait(30) == 128 + signal.SIGTERM
    _nothing_is_left_of(stage, workers)
    assert list(cancel(stage.runs)) == ["nothing is running"]


def test_both_orphans_are_waited_for(stage: Any, until: Any, both: Any) -> None:
    both.kill()
    both.wait(30)
    second = stage.start()
    (stage.runs / "go").touch()
    assert second.wait(60) == 0
    assert stage.statuses == Counter(done=8)
    assert set(Counter(stage.performed).values()) == {1}


def test_a_full_disk_met_by_one_ends_the_other_too(stage: Any) -> None:
    stage.play(**{**BOTH, "intermediate__toy_qa": "run out of room"})
    with pytest.raises(HarnessError, match=r"No space left on device\); make room, then the same command goes on"):
        stage.conduct()
    assert stage.statuses == Counter(done=2, pending=6)
    assert not list(stage.runs.glob("*/failure.json"))
    assert not list(stage.runs.glob("*/lease.json"))


def test_the_trunk_has_the_whole_cluster(stage: Any) -> None:
    stage.sweep.write_text(stage.sweep.read_text().replace("[toy_qa, toy_polarity]\nsteps: 5", "[toy_qa]\nsteps: 500"))
    stage.conduct()
    assert _placed(stage) == {("intermediate-toy_qa", 2), ("target-toy_senses", 1), ("evaluate-toy_senses", 1)}
    assert stage.performed[0] == stage.folder("intermediate-toy_qa").id


def test_the_next_launch_begins_before_what_is_finished_is_published(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish() -> None:
        seen.append(stage.statuses)
        (stage.runs / "go").touch()

    seen: list[Counter[str]] = []
    monkeypatch.setattr(stage, "_publish", publish)
    stage.launch_at_most(1)
    stage.play(intermediate__toy_qa="fail", intermediate__toy_polarity="wait")
    stage.conduct()
    assert seen[0]["running"] > 0
    assert seen[-1]["running"] == 0


def test_every_launch_at_work_is_shown(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def hear(now: Sequence[Activity]) -> None:
        training = {each.phase for each in now if each.what == "training"}
        seen.append(training)
        if len(training.intersection({"intermediate-toy_qa", "intermediate-toy_polarity"})) == 2:
            (stage.runs / "go").touch()

    seen: list[set[str]] = []
    monkeypatch.setattr(stage.heard, "activities", hear)
    stage.play(**BOTH)
    stage.conduct()
    assert {"intermediate-toy_qa", "intermediate-toy_polarity"} in seen


def test_every_end_is_counted_once(stage: Any) -> None:
    told = io.StringIO()
    stage.heard = Lines(Console(file=told))
    stage.conduct()
    assert re.findall(r"\[(\d)/8\]", told.getvalue()) == [str(number) for number in range(1, 9)]


def test_what_is_barred_is_not_claimed_even_if_it_looks_abandoned(stage: Any) -> None:
    barred = {stage.folder("intermediate-toy_qa").id}
    taken = claim(stage.runs, stage.work.plan, "one", barred, lambda ready: (Group(ready, shares=range(1)),), print)
    claimed = [identity(phase) for phase in taken[0].phases]
    assert barred.isdisjoint(claimed)
    assert len(claimed) == 5


def test_only_the_chosen_phases_are_claimed(stage: Any) -> None:
    chosen = claim(stage.runs, stage.work.plan, "one", (), lambda ready: (Group(ready[:1], shares=range(1)),), print)
    assert chosen == (Group(stage.work.plan[:1], shares=range(1)),)
    rest = claim(stage.runs, stage.work.plan, "two", (), lambda ready: (Group(ready, shares=range(1)),), print)
    assert stage.work.plan[0] not in rest[0].phases
    assert stage.statuses == Counter(running=1 + len(rest[0].phases), pending=7 - len(rest[0].phases))


def _placed(stage: Any) -> set[tuple[str, int]]:
    """Phases by slug, and on how many processes each was placed."""
    folders = [state.folder for state in stage.states.values()]
    return {(folder.slug, json.loads(folder.placement_file.read_text())["world_size"]) for folder in folders}


def _nothing_is_left_of(stage: Any, workers: Sequence[psutil.Process]) -> None:
    """No process, no lease, no failure; and the same command goes on."""
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)
    assert not list(stage.runs.glob("*/lease.json"))
    assert not list(stage.runs.glob("*/failure.json"))
    stage.play()
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert sorted(Counter(stage.performed).values()) == [1] * 6 + [2] * 2
