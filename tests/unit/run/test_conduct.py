"""The conductor under everything that goes wrong, with a worker that is played."""

import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psutil
import pytest

from harness.files.atomic import write_json
from harness.files.lease import acquire, read_lease
from harness.plan.groups import Group
from harness.run.child import Command
from harness.run.conduct.claim import claim
from harness.run.conduct.setbacks import TRIES
from harness.run.upkeep import retry
from harness.run.watch import Activity
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError


def test_everything_is_done_once_and_nothing_twice(stage: Any) -> None:
    first = stage.conduct()
    assert {state.status for state in first.values()} == {"done"}
    assert Counter(stage.performed) == Counter(list(first))
    assert len(stage.heard.names) == len(first)
    published = stage.published
    stage.conduct()
    assert len(stage.performed) == len(first)
    assert stage.published == published + 1 > 1


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
    stage.launch_at_most(1)
    stage.play(**{"intermediate__toy_qa": how})
    states = stage.conduct()
    failed = [state for state in states.values() if state.status == "failed"]
    assert Counter(state.status for state in states.values()) == Counter(done=5, failed=1, blocked=2)
    assert len(set(stage.performed)) == 6
    assert len(stage.performed) == 6 + (TRIES["lost"] - 1 if how == "die" else 0)
    expected = {"fail": "it did not fit", "die": "was ended by SIGKILL", "say": "this is why"}
    assert expected[how] in failed[0].reason
    assert stage.published == (6 if how == "die" else 2)


@pytest.mark.parametrize("how", ["die 3", "lose a peer"])
def test_what_was_lost_is_run_again_without_being_asked(stage: Any, how: str) -> None:
    stage.play(intermediate__toy_qa=how)
    states = stage.conduct()
    done = how == "die 3"
    assert Counter(state.status for state in states.values()) == (
        Counter(done=8) if done else Counter(done=5, failed=1, blocked=2)
    )
    assert stage.performed.count(stage.folder("intermediate-toy_qa").id) == (4 if done else TRIES["lost"])
    assert any("it starts again (try 2 of 5)" in line for line in stage.heard.said)
    assert stage.folder("intermediate-toy_qa").failure_file.exists() != done


def test_launches_that_begin_nothing_are_no_phases_fault(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a scheduler, a node or ssh is away for a while."""
    real, broken = stage.launcher, 7

    def launcher(worker: Sequence[str], cluster: Cluster) -> Command:
        nonlocal broken
        broken -= 1
        return Command(("sh", "-c", "exit 1"), {}) if broken >= 0 else real(worker, cluster)

    monkeypatch.setattr(type(stage), "launcher", property(lambda stage: launcher))
    states = stage.conduct()
    assert {state.status for state in states.values()} == {"done"}
    assert sum("no phase had begun, so nothing is launched for" in line for line in stage.heard.said) == 7


def test_launches_that_never_begin_anything_end_the_command(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Command(("sh", "-c", "exit 3"), {})
    monkeypatch.setattr(type(stage), "launcher", property(lambda stage: lambda worker, cluster: broken))
    with pytest.raises(HarnessError, match=r"15 launches in a row ended before a phase began, .* exit code 3"):
        stage.conduct()
    assert stage.statuses == Counter(pending=8)


def test_a_loss_that_is_not_finite_is_met_twice_before_it_counts(stage: Any) -> None:
    stage.play(intermediate__toy_qa="diverge")
    stage.conduct()
    assert stage.statuses == Counter(done=5, failed=1, blocked=2)
    assert stage.performed.count(stage.folder("intermediate-toy_qa").id) == 2


@pytest.mark.parametrize(
    ("slug", "most", "placed"),
    [
        ("intermediate__toy_qa", 3, ["8x1 8192", "4x2 8192", "2x4 8192"]),
        ("evaluate__toy_senses", 3000, ["8192", "4096", "2048"]),
    ],
)
def test_what_ran_out_of_memory_is_run_in_smaller_batches(stage: Any, slug: str, most: int, placed: list[str]) -> None:
    stage.launch_at_most(1)
    stage.play(**{slug: f"need memory {most}"})
    states = stage.conduct()
    assert {state.status for state in states.values()} == {"done"}
    met = (stage.runs / "placed").read_text().splitlines()
    assert [line.endswith(place) for line, place in zip(met, placed, strict=False)] == [True] * 3
    assert met.count(met[0]) == met.count(met[1]) == 1  # others of its kind need not find out themselves


def test_what_never_fits_fails_with_its_reason(stage: Any) -> None:
    stage.play(intermediate__toy_qa="need memory 0")
    stage.conduct()
    assert stage.statuses == Counter(done=5, failed=1, blocked=2)
    assert "CUDA out of memory" in stage.folder("intermediate-toy_qa").failure_file.read_text()


def test_a_failed_phase_is_run_again_only_when_asked(stage: Any) -> None:
    stage.play(intermediate__toy_qa="fail")
    stage.conduct()
    stage.play()
    stage.conduct()
    assert stage.statuses["failed"] == 1
    assert any("will be tried again" in line for line in retry(stage.runs, [], failed=True))
    stage.conduct()
    assert set(stage.statuses) == {"done"}


@pytest.mark.parametrize("error", [HarnessError("MLflow does not answer"), PermissionError(13, "not yours", "a")])
def test_what_publishing_cannot_do_stops_nothing(stage: Any, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def outage() -> None:
        raise error

    monkeypatch.setattr(stage, "_publish", outage)
    states = stage.conduct()
    assert {state.status for state in states.values()} == {"done"}
    assert set(stage.heard.said) == {f"warning: {error}"}


def test_progress_comes_from_the_journals(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def hear(now: Sequence[Activity]) -> None:
        seen.extend(now)
        if any(each.phase == "intermediate-toy_qa" and each.what == "training" for each in now):
            (stage.runs / "go").touch()

    seen: list[Activity] = []
    monkeypatch.setattr(stage.heard, "activities", hear)
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
    stage.play(intermediate__toy_qa="wait", intermediate__toy_polarity="wait")
    conductor = stage.start()
    at_work = [stage.folder(name) for name in ("intermediate-toy_qa", "intermediate-toy_polarity")]
    until(lambda: all(folder.journal_file.exists() for folder in at_work) and stage.statuses["done"] == 2)
    everything = [psutil.Process(conductor.pid), *psutil.Process(conductor.pid).children(recursive=True)]
    for process in everything:
        process.kill()
    conductor.wait(30)
    psutil.wait_procs(everything, timeout=30)  # on a busy host a killed process lives on for a moment
    # What a process may still write when it sees its peers being killed.
    for folder in at_work:
        write_json(
            folder.failure_file, {"phase": "p", "reason": "connection reset by peer", "details": "", "failed": "now"}
        )
    assert stage.statuses == Counter(done=2, pending=6)
    stage.play()
    stage.conduct()
    assert set(stage.statuses) == {"done"}
    assert dict(Counter(stage.performed).most_common(2)) == {folder.id: 2 for folder in at_work}
    assert len(stage.performed) == 10


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

    def late(*arguments: Any) -> tuple[Group, ...]:
        taken = claim(*arguments)
        if not taken and not folder.done:
            stage.finish(folder)
        return taken

    monkeypatch.setattr("harness.run.conduct.loop.claim", late)
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


def test_released_weights_are_made_again_when_they_are_needed_again(stage: Any) -> None:
    stage.conduct()
    leaf = stage.folder("evaluate-toy_senses")
    list(retry(stage.runs, [leaf.path.name[:12]], failed=False))
    target = next(s for s in stage.states.values() if s.status == "pending" and "released" in s.reason)
    assert target.reason == "weights released, needed again by evaluate-toy_senses"
    stage.conduct()
    assert set(stage.statuses) == {"done"}
    assert len(stage.performed) == 10


def test_a_full_disk_while_a_record_is_written_loses_nothing(stage: Any) -> None:
    """On a real full disk: a file system of two MiB, in a mount name space of its own."""
    stage.launch_at_most(1)  # what runs beside it would be interrupted, and rightly be begun twice
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
    assert "could not be written (No space left on device)" in first  # whatever met it first
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "second: 0" in second, ended.stdout
    assert "written from the journal: the phase had ended" in second  # so that not even it is done again
    assert second.split()[-2] == "1"
