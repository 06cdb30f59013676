"""Logs: journals made readable, launches' own output, followed over relaunches until what is followed has ended."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness import cli
from harness.files.atomic import write_json
from harness.files.journal import Journal
from harness.files.lease import acquire
from harness.run.logs import logs
from harness.run.story import Story
from harness.run.upkeep import retry


def story(*events: dict[str, Any], patience: float = float("inf")) -> list[str]:
    told = Story(patience)
    return [line[21:] for event in events for line in told.lines(event)] + [line[21:] for line in told.rest()]


def step(number: int, time: float, steps: int = 1000, **more: Any) -> dict[str, Any]:
    return {"event": "step", "time": time, "step": number, "steps": steps, "loss": 2.0, **more}


def test_an_attempt_is_told_with_its_checkpoints_and_what_is_done_again() -> None:
    lines = story(
        {"event": "start", "time": 0.0, "phase": "p", "world_size": 2},
        {"event": "progress", "time": 1.0, "what": "reading data", "done": 0, "total": 1, "unit": "sets"},
        step(0, 2.0, learning_rate=3e-4, grad_norm=0.5),
        step(100, 12.0, loss=1.23456),
        {"event": "checkpoint", "time": 12.5, "step": 101, "seconds": 0.5, "bytes": 2_500_000},
        {"event": "start", "time": 20.0, "phase": "p", "world_size": 1},
        {"event": "resume", "time": 21.0, "step": 101, "lost_steps": 3},
        step(101, 22.0, loss=None),
        {"event": "interrupted", "time": 22.5, "reason": "SIGTERM"},
        {"event": "something_new", "time": 23.0, "answer": 42},
        {"event": "end", "time": 24.0},
    )
    assert lines == [
        "starts on 2 processes",
        "reading data: sets 0 of 1",
        "training: step 1 of 1000, loss 2, learning rate 0.0003, gradient norm 0.5",
        "training: step 101 of 1000, loss 1.235, 10 a second, 1 min 30 s left",
        "checkpoint at step 101: 2.5 MB in 0.5 s",
        "attempt 2 starts on 1 process",
        "goes on from the checkpoint at step 101; 3 steps are done again",
        "training: step 102 of 1000, loss not finite",
        "interrupted: SIGTERM",
        "something new, answer 42",
        "ends: everything is computed",
    ]


def test_what_is_damaged_is_left_out() -> None:
    damaged: list[dict[str, Any]] = [
        {"event": "progress"},
        {"event": "step", "step": "3"},
        {"event": "checkpoint", "time": 1e300},
        {"event": "resume", "time": 3.0, "step": None},
        {"event": "step", "time": "x", "step": 1, "steps": 2},
        {"event": "end", "time": []},
    ]
    first = "training: step 1 of 1000, loss 2"
    assert story(*damaged, step(0, 2.0)) == [first]
    assert story(step(0, 2.0), {"event": "progress", "time": 3.0, "what": "training", "done": 2, "total": 999}) == [
        first
    ]


def test_what_is_done_again_is_counted_where_the_journal_does_not_say_it() -> None:
    resume = {"event": "resume", "time": 3.0, "step": 2}
    lines = story(*(step(number, 2.0) for number in range(5)), {"event": "start", "time": 3.0}, resume)
    assert lines[-1] == "goes on from the checkpoint at step 2; 3 steps are done again"


def test_of_many_steps_a_hundred_are_told_and_the_last() -> None:
    lines = story(*(step(number, float(number), 10_000) for number in range(9_990)))
    assert len(lines) == 101
    assert lines[-1].startswith("training: step 9990 of 10000, ")
    patient = story(*(step(number, float(number), 10_000) for number in range(1000)), patience=10.0)
    assert [int(line.split()[2]) for line in patient[:3]] == [1, 11, 21]


def test_a_finished_phase_is_told_from_its_beginning_to_its_end(stage: Any) -> None:
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa")
    for name in (folder.id, folder.id[:6], folder.path.name, "intermediate-toy_q"):
        lines = list(logs(stage.runs, name, follow=False, raw=False))
        assert [line[21:] for line in lines[:-1]] == [
            "starts on 1 process",
            "training: step 3 of 5, loss 1",
            "ends: everything is computed",
        ]
        assert lines[-1] == "done: recorded"
    assert list(logs(stage.runs, folder.id, follow=True, raw=False)) == lines


def test_what_a_launch_printed_is_told_raw(stage: Any) -> None:
    stage.play(intermediate__toy_qa="say")
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa")
    first, second = logs(stage.runs, folder.id, follow=False, raw=True)
    assert first.startswith(f"==> {stage.runs / 'logs'}")
    assert second == "harness: error: this is why"
    assert list(logs(stage.runs, folder.id, follow=False, raw=False))[-1] == "failed: this is why"


@pytest.mark.parametrize("raw", [False, True])
def test_following_goes_on_over_a_relaunch_until_the_phase_has_ended(stage: Any, until: Any, raw: bool) -> None:
    stage.play(intermediate__toy_qa="fail when asked", intermediate__toy_polarity="wait")
    first = stage.start()
    folder = stage.folder("intermediate-toy_qa")
    until(folder.journal_file.exists)
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.extend(logs(stage.runs, folder.id, follow=True, raw=raw)))
    listener.start()
    (stage.runs / "ask").touch()
    until(lambda: stage.statuses["failed"] == 1)
    stage.play(intermediate__toy_polarity="wait")
    list(retry(stage.runs, [], failed=True))
    second = stage.start()
    listener.join(30)
    assert not listener.is_alive()
    (stage.runs / "go").touch()
    assert [first.wait(60), second.wait(60)] == [0, 0]
    if raw:
        assert len({line for line in heard if line.startswith("==> ")}) == 2
    else:
        assert any("attempt 2 starts" in line for line in heard)
        assert heard[-1] == "done: recorded"


def test_all_at_work_are_told_with_their_names_and_followed_to_the_end(stage: Any, until: Any) -> None:
    assert list(logs(stage.runs, None, follow=False, raw=False)) == [
        "nothing is at work; give the id or the slug of a phase to read what it left"
    ]
    stage.play(intermediate__toy_qa="wait", intermediate__toy_polarity="wait")
    command = stage.start()
    folders = [stage.folder("intermediate-toy_qa"), stage.folder("intermediate-toy_polarity")]
    until(lambda: all(folder.journal_file.exists() for folder in folders) and stage.statuses["done"] == 2)
    until(lambda: len(list(logs(stage.runs, None, follow=False, raw=False))) == 6)
    now = list(logs(stage.runs, None, follow=False, raw=False))
    for folder in folders:
        own = [line for line in now if line.startswith(f"{folder.slug} {folder.id[:4]}  ")]
        assert "training: step 3 of 5, loss 1" in own[1]
        assert "running: by process" in own[2]
    following = logs(stage.runs, None, follow=True, raw=False)
    assert next(following).startswith(now[0][:20])
    (stage.runs / "go").touch()
    heard = list(following)
    assert command.wait(60) == 0
    assert {line.partition(" ")[0] for line in heard if line.endswith("done: recorded")} >= {
        folder.slug for folder in folders
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("abc", "'abc' is too short to name a phase"),
        ("intermediate-toy_qq", "did you mean 'intermediate-toy_qa'?"),
        ("target-toy_senses", "3 phases are called 'target-toy_senses'; give an id: "),
        ("intermediate-toy_polarity --raw", "no command has launched it here; without --raw its journal is shown"),
    ],
)
def test_names_that_mean_no_phase_end_in_one_sentence(
    stage: Any, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    for phase in stage.work.plan:
        state = stage.states[next(key for key, each in stage.states.items() if each.phase == phase)]
        write_json(state.folder.phase_file, phase)
    assert cli.main(["logs", "--runs", str(stage.runs), *line.split()]) == 2
    assert sentence in capsys.readouterr().err


@pytest.fixture
def follower(stage: Any) -> Iterator["subprocess.Popen[str]"]:
    """The whole command, following a phase that this process has at work; its first line has been printed."""
    folder = stage.folder("intermediate-toy_qa")
    write_json(folder.phase_file, next(state.phase for state in stage.states.values() if state.folder == folder))
    acquire(folder.lease_file, "this test")
    with Journal(folder.journal_file) as journal:
        journal.append("start", world_size=1)
    script = "import sys; from harness.cli import main; sys.exit(main())"
    line = [sys.executable, "-c", script, "logs", "--runs", str(stage.runs), "-f", folder.id]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "starts on 1 process" in process.stdout.readline()
        yield process
        process.kill()


def test_ctrl_c_ends_following_cleanly(follower: "subprocess.Popen[str]") -> None:
    follower.send_signal(signal.SIGINT)
    assert follower.wait(30) == 0
    assert follower.stderr is not None
    assert follower.stderr.read() == ""


def test_who_reads_may_stop_reading(stage: Any, follower: "subprocess.Popen[str]") -> None:
    assert follower.stdout is not None
    assert follower.stderr is not None
    follower.stdout.close()
    with Journal(stage.folder("intermediate-toy_qa").journal_file) as journal:
        journal.append("end")
    assert follower.wait(30) == 1
    assert follower.stderr.read() == ""
