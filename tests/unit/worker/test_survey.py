"""What processes find together, played by threads: clocks that differ, and run folders that are not one."""

import time
from pathlib import Path

import pytest

from harness.files.survey import Sharing
from harness.worker.clock import clocks
from harness.worker.session import Session
from harness.worker.shared_folder import try_sharing
from harness.worker.survey import survey
from tests.unit.worker.threads import on_processes

SKEW = (0.0, -7.5, 7200.0, 0.25)  # seconds, by rank


def test_skewed_clocks_are_found_to_within_half_of_the_round_trip() -> None:
    def asked(session: Session) -> tuple[float, float] | None:
        found = clocks(session, [0, 1, 2], lambda: time.time() + SKEW[session.rank])
        return (found.ahead, found.doubt) if found else None

    found = on_processes(4, asked)
    assert found[3] is None
    for each, skew in zip(found[:3], SKEW, strict=False):
        assert each is not None
        ahead, doubt = each
        assert abs(ahead - skew) <= doubt < 0.25


def test_one_folder_is_read_and_written_by_all_and_left_empty(tmp_path: Path) -> None:
    assert on_processes(3, lambda session: try_sharing(session, tmp_path)) == [Sharing(read=True, found=True)] * 3
    assert list((tmp_path / ".cache").iterdir()) == []


def test_a_node_with_another_folder_sees_nothing_and_is_not_seen(tmp_path: Path) -> None:
    def tried(session: Session) -> Sharing:
        return try_sharing(session, tmp_path / ("one" if session.rank < 2 else "another"), patience=0.5)

    one, other = Sharing(read=True, found=True), Sharing(read=False, found=False)
    assert on_processes(3, tried) == [one, one, other]


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    def tried(session: Session) -> Sharing:
        return try_sharing(session, tmp_path if session.first else Path("/proc/runs"), patience=0.2)

    first, second = on_processes(2, tried)
    assert first == Sharing(read=True, found=True)
    assert (second.read, second.found) == (False, False)
    assert second.problem is not None
    assert "could not be written" in second.problem


def test_a_survey_has_all_processes_and_one_host_of_a_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")
    found = on_processes(2, lambda session: survey(session, tmp_path))
    assert found[1].processes == ()
    assert [process.rank for process in found[0].processes] == [0, 1]
    assert all(process.clock and abs(process.clock.ahead) < 0.25 for process in found[0].processes)
    assert len(found[0].hosts) == 2  # each thread takes itself for the first process of a node
