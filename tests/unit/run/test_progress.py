"""Progress: what the journals say, in bars and in plain lines."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.run import progress
from harness.run.progress import Bars, Lines, Pace, display, duration
from harness.run.watch import Activity, Tail

TRAINING = Activity("target-toy_senses", "training", 30, 120, "steps", 1.5)


def test_a_terminal_gets_bars_and_a_file_gets_lines() -> None:
    assert isinstance(display(Console(file=io.StringIO(), force_terminal=True)), Bars)
    assert isinstance(display(Console(file=io.StringIO())), Lines)


def test_bars_show_rate_and_time_left_of_the_phase_and_of_the_sweep() -> None:
    shown = io.StringIO()
    with Bars(Console(file=shown, force_terminal=True, width=120)) as bars:
        bars.count(2, 10)
        bars.finished("tokenizer-words")
        bars.activities([TRAINING])
    assert "target-toy_senses: training" in shown.getvalue()
    assert "steps, 1.5 steps a second, 1 min 0 s left" in shown.getvalue()
    assert "3/10" in shown.getvalue()


def test_every_launch_at_work_has_its_bar_and_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    evaluating = Activity("evaluate-toy_qa", "predicting", 3, 20, "batches", None)
    both, one, told = io.StringIO(), io.StringIO(), io.StringIO()
    with Bars(Console(file=both, force_terminal=True, width=120)) as bars:
        bars.activities([TRAINING, evaluating])
    with Bars(Console(file=one, force_terminal=True, width=120)) as bars:
        bars.activities([TRAINING, evaluating])
        bars.activities([evaluating])
    assert "target-toy_senses: training" in both.getvalue()
    assert "evaluate-toy_qa: predicting" in both.getvalue()
    last = one.getvalue().rpartition("sweep")[2]  # what is shown in the end begins with the bar of the sweep
    assert last.count("evaluate-toy_qa: predicting") == 1
    assert "target-toy_senses" not in last
    Lines(Console(file=told)).activities([TRAINING, evaluating])
    assert [line.partition(":")[0] for line in told.getvalue().splitlines()] == ["target-toy_senses", "evaluate-toy_qa"]


def test_lines_are_rare_except_for_finished_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    lines = Lines(Console(file=shown, width=40))
    lines.count(0, 2)
    for _ in range(100):
        lines.activities([TRAINING])
    assert shown.getvalue() == ""
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    lines.activities([TRAINING])
    lines.finished("target-toy_senses")
    assert shown.getvalue().splitlines() == [
        "target-toy_senses: training 30/120 steps, 1.5 steps a second, 1 min 0 s left",
        "[1/2] target-toy_senses finished",
    ]


def test_the_time_left_leaves_the_long_beginnings_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # A launch: its tokenizer and its pretraining; another one: its start, and then a phase every two to four seconds.
    looks = {0.0: 4, 20.0: 5, 110.0: 6, 112.0: 6, 130.0: 7, 132.0: 8, 136.0: 9}
    clock = iter([0.0, *looks])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    pace = Pace()
    left = []
    for done in looks.values():
        pace.set(done, 14)
        left.append(pace.left)
    assert left == [None, None, None, None, None, 2.0 * 6, 3.0 * 5]


@pytest.mark.parametrize(("seconds", "said"), [(59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_journal_is_read_on_from_where_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tail = Tail(path)
    assert _new(tail) == []
    with path.open("a") as file:
        file.write('{"event": "start"}\n{"event": "st')
        file.flush()
        assert _new(tail) == [{"event": "start"}]
        file.write('ep"}\nnot json\n')
        file.flush()
        assert _new(tail) == [{"event": "step"}]


def _new(tail: Tail) -> list[dict[str, Any]]:
    return list(tail.new())
