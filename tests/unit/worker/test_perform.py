"""One phase under its lease: what is done stays done, whoever asks again."""

from pathlib import Path

import pytest
import torch

from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder
from harness.files.lease import acquire
from harness.spec.errors import HarnessError
from harness.spec.record import Cost, Record
from harness.worker.library import Library
from harness.worker.perform import perform, phase_folder
from harness.worker.session import Session


class Alone(Session):
    """One process without a process group."""

    def agreed(self, value: object) -> object:
        return value

    def highest(self, number: float) -> float:
        return number


ALONE = Alone(0, 1, torch.device("cpu"))


@pytest.fixture
def finished(tmp_path: Path) -> PhaseFolder:
    folder = PhaseFolder(tmp_path / "0123456789ab-made")
    write_json(folder.record_file, Record("0123456789ab", "made", Cost(), {}, "", "2026-01-01", "exact"))
    return folder


def test_a_finished_phase_is_left_alone_and_its_lease_given_back(finished: PhaseFolder) -> None:
    before = finished.record_file.read_text()
    assert perform(finished, ALONE, Library(None), "me")
    assert [path.name for path in finished.path.iterdir()] == ["record.json"]
    assert finished.record_file.read_text() == before


def test_a_phase_that_another_owner_holds_is_not_touched(tmp_path: Path) -> None:
    folder = PhaseFolder(tmp_path / "0123456789ab-made")
    assert acquire(folder.lease_file, "another")
    assert not perform(folder, ALONE, Library(None), "me")
    assert [path.name for path in folder.path.iterdir()] == ["lease.json"]


def test_a_folder_without_a_phase_is_named(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"holds no phase\.json"):
        phase_folder(tmp_path)
