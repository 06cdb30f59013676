"""Waiting for what other commands run."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from harness.files.lease import acquire
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
    monkeypatch.setattr("harness.run.conduct.PATIENCE", 0.05)
    stage.conduct()
    assert stage.statuses == Counter(done=8)
    assert done == [2, 5]
    assert len(stage.heard.said) == 1
    assert stage.heard.said[0].startswith("waiting for phases run by process")
