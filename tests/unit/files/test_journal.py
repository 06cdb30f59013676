"""Which events of a journal count, over attempts that were interrupted, resumed or began again."""

from pathlib import Path
from typing import Any

import pytest

from harness.files.journal import Journal, attempts, read, taken_steps

START = ("start", {})


def steps(first: int, end: int, loss: float = 0.0) -> list[tuple[str, dict[str, Any]]]:
    return [("step", {"step": number, "loss": loss}) for number in range(first, end)]


def written(path: Path, events: list[tuple[str, dict[str, Any]]]) -> Path:
    with Journal(path) as journal:
        for event, fields in events:
            journal.append(event, **fields)
    return path


RESUMED = [START, *steps(0, 5, 1.0), START, ("resume", {"step": 3}), *steps(3, 6, 2.0)]


@pytest.mark.parametrize(
    ("events", "counted", "times", "taken"),
    [
        ([START, *steps(0, 3, 1.0)], [(0, 1.0), (1, 1.0), (2, 1.0)], 1, 3),
        ([START, *steps(0, 3, 1.0), START, *steps(0, 1, 2.0)], [(0, 2.0)], 2, 4),
        (RESUMED, [(0, 1.0), (1, 1.0), (2, 1.0), (3, 2.0), (4, 2.0), (5, 2.0)], 2, 8),
        # One attempt in between ends before its first step; another resumes from the first one's checkpoint.
        (
            [START, *steps(0, 3, 1.0), START, START, ("resume", {"step": 2}), *steps(2, 3, 3.0)],
            [(0, 1.0), (1, 1.0), (2, 3.0)],
            3,
            4,
        ),
        (
            [*RESUMED, START, ("resume", {"step": 4}), *steps(4, 5, 3.0)],
            [(0, 1.0), (1, 1.0), (2, 1.0), (3, 2.0), (4, 3.0)],
            3,
            9,
        ),
        # One in between begins again, where it could not go on from what another can.
        (
            [START, *steps(0, 4, 1.0), START, *steps(0, 1, 2.0), START, ("resume", {"step": 3}), *steps(3, 4, 3.0)],
            [(0, 1.0), (1, 1.0), (2, 1.0), (3, 3.0)],
            3,
            6,
        ),
        # Its weights were released and are made again: what led to its first end is not repeated work.
        ([START, *steps(0, 2, 1.0), ("end", {}), START, *steps(0, 2, 2.0)], [(0, 2.0), (1, 2.0)], 1, 2),
    ],
)
def test_steps_are_those_that_led_to_the_end(
    tmp_path: Path,
    events: list[tuple[str, dict[str, Any]]],
    counted: list[tuple[int, float]],
    times: int,
    taken: int,
) -> None:
    path = written(tmp_path / "journal.jsonl", events)
    assert [(each["step"], each["loss"]) for each in read(path) if each["event"] == "step"] == counted
    assert attempts(path) == times
    assert taken_steps(path) == taken
