"""One phase under its lease: what is done stays done, whoever asks again."""

from pathlib import Path
from typing import NoReturn

import pytest
import torch

from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.files.lease import acquire, read_lease
from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.spec.model import TrainTokenizer
from harness.spec.record import Cost, Record
from harness.spec.task import Data
from harness.worker import perform as performing
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


def test_a_record_is_not_written_over_the_work_of_who_took_the_lease_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stood still for longer than a lease lives may come back between two heartbeats."""

    def suspended(*of: object) -> Record:
        folder.lease_file.unlink()
        assert acquire(folder.lease_file, "another")
        return Record("0123456789ab", "made", Cost(), {}, "", "2026-01-01", "exact")

    def ended(sentence: str) -> NoReturn:
        raise SystemExit(sentence)

    phase = TrainTokenizer("words", 90, (Data("toy_text", 1, "mlm", "train"),))
    folder = folder_of(tmp_path, phase)
    write_json(folder.phase_file, phase)
    write_json(folder.placement_file, Placement("cpu", 1, 0, "plain", 1, 1, 1, 1))
    write_json(folder.ds_config_file, {})
    monkeypatch.setattr(performing, "describe", lambda *of: {})
    monkeypatch.setattr(performing, "_record", suspended)
    monkeypatch.setattr(performing, "_lost", ended)
    with pytest.raises(SystemExit, match="the lease was taken over by another"):
        perform(folder, ALONE, Library(None), "me")
    assert not folder.record_file.exists()
    assert not folder.failure_file.exists()
    held = read_lease(folder.lease_file)
    assert held
    assert held.owner == "another"
