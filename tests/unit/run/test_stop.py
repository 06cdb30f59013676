"""What asks a command to stop: what had failed stays failed, what was begun is ended."""

import signal
from collections.abc import Sequence
from typing import Any

import psutil
import pytest

from harness.files.atomic import write_text
from harness.files.lease import read_lease
from harness.run.child import Command
from harness.run.conduct.job import Job, RunningJob, begin
from harness.run.conduct.ledger import SpentError
from harness.run.stop import Stopped
from harness.run.upkeep import cancel
from harness.run.watch import Activity


def test_a_stop_keeps_the_failure_of_a_launch_that_had_ended(
    stage: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hear(now: Sequence[Activity]) -> None:
        if {each.phase for each in now if each.what == "training"}.issuperset({ended.slug, at_work.slug}):
            worker = psutil.Process(read_lease(ended.lease_file).pid)
            (stage.runs / "ask").touch()
            until(lambda: worker.status() == psutil.STATUS_ZOMBIE)
            write_text(at_work.failure_file, ended.failure_file.read_text())  # as if its peers had been killed
            raise Stopped("interrupted", signal.SIGTERM)

    ended, at_work = (stage.folder(name) for name in ("intermediate-toy_qa", "intermediate-toy_polarity"))
    monkeypatch.setattr(stage.heard, "activities", hear)
    stage.play(intermediate__toy_qa="fail when asked", intermediate__toy_polarity="wait")
    with pytest.raises(Stopped):
        stage.conduct()
    assert any("intermediate-toy_qa" in line and "failed: it did not fit" in line for line in stage.heard.said)
    assert stage.states[ended.id].status == "failed"
    assert stage.states[at_work.id].status == "pending"
    assert not list(stage.runs.glob("*/lease.json"))


def test_a_signal_while_a_launch_begins_ends_it(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(job: Job, command: Command) -> RunningJob:
        begun.append(begin(job, command))
        signal.raise_signal(signal.SIGTERM)
        return begun[-1]

    begun: list[RunningJob] = []
    monkeypatch.setattr("harness.run.conduct.loop.begin", interrupted)
    stage.play(intermediate__toy_qa="wait", intermediate__toy_polarity="wait", target__toy_senses="wait")
    with pytest.raises(Stopped):
        stage.conduct()
    assert [running.look(0) for running in begun] == [-signal.SIGTERM]
    assert not list(stage.runs.glob("*/lease.json"))


def test_a_signal_while_launches_are_ended_spares_none(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stopped the command was no signal, so that the first one comes only now."""

    def hear(now: Sequence[Activity]) -> None:
        if len([each for each in now if each.what == "training"]) == 2:
            raise SpentError

    def ask_to_end(running: RunningJob) -> None:
        asked.append(running)
        signal.raise_signal(signal.SIGINT)
        ask(running)

    asked: list[RunningJob] = []
    ask = RunningJob.ask_to_end
    monkeypatch.setattr(RunningJob, "ask_to_end", ask_to_end)
    monkeypatch.setattr(stage.heard, "activities", hear)
    stage.play(intermediate__toy_qa="wait", intermediate__toy_polarity="wait")
    with pytest.raises(Stopped):
        stage.conduct()
    assert [running.look(0) for running in asked] == [-signal.SIGTERM] * 2
    assert not list(stage.runs.glob("*/lease.json"))


def test_cancel_stops_a_live_command(stage: Any, until: Any) -> None:
    stage.play(intermediate__toy_qa="wait")
    conductor = stage.start()
    until(stage.folder("intermediate-toy_qa").journal_file.exists)
    assert any("asked" in line for line in cancel(stage.runs))
    assert conductor.wait(30) == 128 + signal.SIGTERM
    assert list(cancel(stage.runs)) == ["nothing is running"]


def test_cancel_ends_an_orphan(stage: Any, until: Any) -> None:
    stage.play(intermediate__toy_qa="wait")
    conductor = stage.start()
    until(stage.folder("intermediate-toy_qa").journal_file.exists)
    conductor.kill()
    conductor.wait(30)
    assert any("ended process" in line for line in cancel(stage.runs))
    until(lambda: stage.statuses["running"] == 0)
