"""Progress: what the journals say, in bars and in plain lines."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.run import progress
from harness.run.progress import Bars, Lines, Pace, display, duration
from harness.run.watch import Activity, Tail

TRAINING = Activity("target-toy_pos", "training", 30, 120, "steps", 1.5)


def test_a_terminal_gets_bars_and_a_file_gets_lines() -> None:
    assert isinstance(display(Console(file=io.StringIO(), force_terminal=True)), Bars)
    assert isinstance(display(Console(file=io.StringIO())), Lines)


def test_bars_show_rate_and_time_left_of_the_phase_and_of_the_sweep() -> None:
    shown = io.StringIO()
    with Bars(Console(file=shown, force_terminal=True, width=120)) as bars:
        bars.count(2, 10)
        bars.finished("tokenizer-words")
        bars.activity(TRAINING)
    assert "target-toy_pos: training" in shown.getvalue()
    assert "steps, 1.5 steps a second, 1 min 0 s left" in shown.getvalue()
    assert "3/10" in shown.getvalue()


def test_lines_are_rare_except_for_finished_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    lines = Lines(Console(file=shown, width=40))
    lines.count(0, 2)
    for _ in range(100):
        lines.activity(TRAINING)
    assert shown.getvalue() == ""
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    lines.activity(TRAINING)
    lines.finished("target-toy_pos")
    assert shown.getvalue().splitlines() == [
        "target-toy_pos: training 30/120 steps, 1.5 steps a second, 1 min 0 s left",
        "[1/2] target-toy_pos finished",
    ]


def test_the_time_left_leaves_the_long_beginning_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 90.0, 92.0, 96.0])  # the start, and the ends of pretraining and of two short phases
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    pace = Pace()
    left = []
    for done in range(4):
        pace.set(done, 10)
        left.append(pace.left)
    assert left == [None, None, 2.0 * 8, 3.0 * 7]


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
