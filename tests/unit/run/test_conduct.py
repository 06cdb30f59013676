"""The conductor under everything that goes wrong, with a worker that is played."""

import signal
import subprocess
from collections import Counter
from typing import Any

import psutil
import pytest

from harness.files.atomic import write_json, write_text
from harness.files.lease import acquire, read_lease, release
from harness.plan.dag import Plan
from harness.run.store import claim
from harness.run.upkeep import cancel, retry
from harness.run.watch import Activity
from harness.spec.errors import HarnessError
from harness.spec.record import Cost, Record


def test_everything_is_done_once_and_nothing_twice(stage: Any) -> None:
    first = stage.conduct()
    assert {state.status for state in first.values()} == {"done"}
    assert Counter(stage.performed) == Counter(list(first))
    assert len(stage.heard.names) == len(first)
    stage.conduct()
    assert len(stage.performed) == len(first)
    assert stage.published == 2


def test_weights_of_targets_are_released_and_those_of_others_stay(stage: Any) -> None:
    states = stage.conduct()
    kept = {state.folder.path.name.partition("-")[2] for state in states.values() if state.folder.weights.exists()}
    assert kept == {"intermediate-toy_qa", "intermediate-toy_polarity"}


def test_no_lease_and_no_conductor_stays_behind(stage: Any) -> None:
    stage.conduct()
    assert not list(stage.runs.glob("*/lease.json"))
    assert not list(stage.runs.glob("conductors/*"))


@pytest.mark.parametrize("how", ["fail", "die", "say"])
def test_a_failure_blocks_its_dependants_and_resubmits_its_siblings(stage: Any, how: str) -> None:
    stage.play(**{"intermediate__toy_qa": how})
    states = stage.conduct()
    failed = [state for state in states.values() if state.status == "failed"]
    assert Counter(state.status for state in states.values()) == Counter(done=5, failed=1, blocked=2)
    assert len(set(stage.performed)) == len(stage.performed) == 6
    expected = {"fail": "it did not fit", "die": "was ended by SIGKILL", "say": "this is why"}
    assert expected[how] in failed[0].reason
    assert stage.published == 2


def test_a_failed_phase_is_run_again_only_when_asked(stage: Any) -> None:
    stage.play(intermediate__toy_qa="fail")
    stage.conduct()
    stage.play()
    stage.conduct()
    assert stage.statuses["failed"] == 1
    assert any("will be tried again" in line for line in retry(stage.runs, [], failed=True))
    stage.conduct()
    assert set(stage.statuses) == {"done"}


def test_what_publishing_cannot_do_stops_nothing(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def outage() -> None:
        raise HarnessError("MLflow does not answer")

    monkeypatch.setattr(stage, "_publish", outage)
    states = stage.conduct()
    assert {state.status for state in states.values()} == {"done"}
    assert stage.heard.said == ["warning: MLflow does not answer"]


def test_progress_comes_from_the_journals(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def hear(now: Activity) -> None:
        seen.append(now)
        if now.phase == "intermediate-toy_qa" and now.what == "training":
            (stage.runs / "go").touch()

    seen: list[Activity] = []
    monkeypatch.setattr(stage.heard, "activity", hear)
    stage.play(intermediate__toy_qa="wait")
    stage.conduct()
    assert ("training", 3, 5, "steps") in {(now.what, now.done, now.total, now.unit) for now in seen}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_launch_and_loses_nothing(stage: Any, until: Any, number: signal.Signals) -> None:
    stage.play(intermediate__toy_qa="wait")
    conductor = stage.start()
    until(stage.folder("intermediate-toy_qa").journal_file.exists)
    worker = psutil.Process(read_lease(stage.folder("intermediate-toy_qa").lease_file).pid)
    conductor.send_signal(number)
    assert conductor.wait(30) == 128 + number
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
    assert not list(stage.runs.glob("*/lease.json"))
    before = stage.performed
    stage.play()
    stage.conduct()
    assert set(stage.statuses) == {"done"}
    assert Counter(stage.performed[len(before) :])[before[0]] == 0


def test_after_kill_of_everything_the_same_command_finishes(stage: Any, until: Any) -> None:
    stage.play(intermediate__toy_qa="wait")
    conductor = stage.start()
    folder = stage.folder("intermediate-toy_qa")
    until(folder.journal_file.exists)
    everything = [psutil.Process(conductor.pid), *psutil.Process(conductor.pid).children(recursive=True)]
    for process in everything:
        process.kill()
    conductor.wait(30)
    # What a process may still write when it sees its peers being killed.
    write_json(
        folder.failure_file, {"phase": "p", "reason": "connection reset by peer", "details": "", "failed": "now"}
    )
    assert stage.statuses == Counter(done=2, pending=6)
    stage.play()
    stage.conduct()
    assert set(stage.statuses) == {"done"}
    assert Counter(stage.performed).most_common(1) == [(folder.path.name.partition("-")[0], 2)]
    assert len(stage.performed) == 9


def test_two_commands_on_one_folder_share_the_work(stage: Any) -> None:
    commands = [stage.start(), stage.start()]
    assert [command.wait(60) for command in commands] == [0, 0]
    assert set(Counter(stage.performed).values()) == {1}
    assert set(stage.statuses) == {"done"}


def test_what_another_finishes_between_two_looks_frees_its_dependants(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stage.folder("intermediate-toy_qa")
    acquire(folder.lease_file, "another")

    def late(*arguments: Any) -> Plan:
        group = claim(*arguments)
        if not group and not folder.done:
            write_text(folder.weights / "weights", folder.id)
            write_json(folder.record_file, Record(folder.id, folder.slug, Cost(), {}, "", "now", "exact"))
            release(folder.lease_file, "another")
        return group

    monkeypatch.setattr("harness.run.conduct.claim", late)
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert folder.id not in stage.performed


def test_an_orphaned_launch_is_waited_for(stage: Any, until: Any) -> None:
    stage.play(intermediate__toy_qa="wait")
    conductor = stage.start()
    until(stage.folder("intermediate-toy_qa").journal_file.exists)
    conductor.kill()
    conductor.wait(30)
    second = stage.start()
    until(lambda: stage.statuses["done"] == 5)  # all that does not need the phase which the orphan runs
    (stage.runs / "go").touch()
    assert second.wait(60) == 0
    assert set(Counter(stage.performed).values()) == {1}


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


def test_a_batch_that_the_processes_cannot_make_is_told_before_anything_runs(stage: Any) -> None:
    stage.sweep.write_text(stage.sweep.read_text().replace("batch_size: 16\ntargets", "batch_size: 15\ntargets"))
    with pytest.raises(HarnessError, match=r"batch size 15: 2 processes cannot share it equally; nearest: 14 or 16"):
        stage.conduct()
    assert stage.performed == []


def test_released_weights_are_made_again_when_they_are_needed_again(stage: Any) -> None:
    stage.conduct()
    leaf = stage.folder("evaluate-toy_pos")
    list(retry(stage.runs, [leaf.path.name[:12]], failed=False))
    target = next(s for s in stage.states.values() if s.status == "pending" and "released" in s.reason)
    assert target.reason == "weights released, needed again by evaluate-toy_pos"
    stage.conduct()
    assert set(stage.statuses) == {"done"}
    assert len(stage.performed) == 10


def test_a_full_disk_while_a_record_is_written_loses_nothing(stage: Any) -> None:
    """On a real full disk: a file system of two MiB, in a mount name space of its own."""
    script = f"""
    mount -t tmpfs -o size=2m none {stage.runs}
    cd {stage.runs}
    echo '{{"intermediate-toy_qa": "fill the disk"}}' > play.json
    {stage.line}; echo "first: $?"
    rm filler; echo '{{}}' > play.json
    {stage.line}; echo "second: $?"
    sort performed | uniq -c | sort -n | tail -1
    """
    line = ["unshare", "-rm", "sh", "-c", script]
    ended = subprocess.run(line, check=False, capture_output=True, text=True, timeout=60)
    assert "first: 2\n" in ended.stdout, ended.stdout + ended.stderr
    first, second = ended.stdout.split("first: 2\n")
    assert "record.json: could not be written (No space left on device)" in first
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "second: 0" in second
    assert second.split()[-2] == "2"  # the phase that met the full disk began twice; no other did
