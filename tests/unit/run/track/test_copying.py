"""A study goes to another store from MLflow alone, all of it, once, whatever happened to the files it was made of."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient

from harness.cli import main
from harness.run.track.copying import copy_study
from harness.run.track.projection.store import SyncResult
from harness.spec.errors import HarnessError
from tests.unit.run.track.folder import SWEEP, Tracked, content


@pytest.fixture
def carried(tracked: Tracked, tmp_path: Path) -> Path:
    """The folder on the laptop: the database and its artifacts; the run folder is gone."""
    (tracked.runs / "reports" / "tracked").mkdir(parents=True)
    (tracked.runs / "reports" / "tracked" / "report.md").write_text("yes")
    tracked.sync()
    tracked.sync_report()
    laptop = tmp_path / "laptop"
    laptop.mkdir()
    for name in ("mlflow.db", "mlartifacts"):
        shutil.move(tracked.runs / name, laptop / name)
    return laptop


def test_a_study_is_copied_whole_and_once(carried: Path, empty: Callable[[Path], None]) -> None:
    here, there = f"sqlite:///{carried}/mlflow.db", f"sqlite:///{carried}/view/mlflow.db"
    empty(carried / "view" / "mlflow.db")
    first = copy_study("tracked", here, there)
    assert first.written == 3 + 5 + 1 == len(content(there))
    assert copy_study("tracked", here, there) == SyncResult(unchanged=first.written)
    shown = content(there)
    assert {name for name, _ in shown} == {"tracked", "tracked/phases", "tracked/report"}
    assert shown["tracked/report", "report"].files == {"report.md": b"yes"}
    notes = [MlflowClient(uri).get_experiment_by_name("tracked").tags["mlflow.note.content"] for uri in (here, there)]
    assert notes[0] == notes[1]
    # The first store can be looked at only where its artifacts are, so they are put back.
    shutil.move(carried / "mlartifacts", carried.parent / "mlartifacts")
    assert content(here) == shown


def test_what_changed_is_copied_again_and_what_is_gone_is_deleted(carried: Path, empty: Callable[[Path], None]) -> None:
    here, there = f"sqlite:///{carried}/mlflow.db", f"sqlite:///{carried}/view/mlflow.db"
    empty(carried / "view" / "mlflow.db")
    first = copy_study("tracked", here, there)
    client = MlflowClient(there)
    experiment = client.get_experiment_by_name("tracked").experiment_id
    foreign = client.create_run(experiment).info.run_id
    other = client.create_run(experiment, tags={"harness.id": "x", "harness.runs": "of another folder"}).info.run_id
    (run, *_) = MlflowClient(here).search_runs([MlflowClient(here).get_experiment_by_name("tracked").experiment_id])
    MlflowClient(here).set_tag(run.info.run_id, "harness.digest", "another")
    assert copy_study("tracked", here, there) == SyncResult(written=1, unchanged=first.written - 1, deleted=1)
    MlflowClient(here).set_tag(run.info.run_id, "harness.digest", "")  # in the middle of being written
    assert copy_study("tracked", here, there) == SyncResult(unchanged=first.written - 1)
    for left in (foreign, other):
        assert client.get_run(left).info.lifecycle_stage == "active"


def test_what_cannot_be_is_one_sentence(carried: Path, tmp_path: Path) -> None:
    here = f"sqlite:///{carried}/mlflow.db"
    with pytest.raises(HarnessError, match="is where the study is already; name another store"):
        copy_study("tracked", here, f"sqlite:///{carried}/../laptop/mlflow.db")
    with pytest.raises(HarnessError, match=r"no such file; name the database"):
        copy_study("tracked", f"sqlite:///{tmp_path}/none.db", here)
    with pytest.raises(HarnessError, match=r"has no experiment 'another'"):
        copy_study("another", here, f"sqlite:///{tmp_path}/there.db")
    shutil.rmtree(carried / "mlartifacts")
    with pytest.raises(HarnessError, match=r"no such folder; copy `mlartifacts` to the folder"):
        copy_study("tracked", here, f"sqlite:///{tmp_path}/there.db")


def test_the_command_needs_the_sweep_file_and_the_store_alone(
    carried: Path, empty: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = carried / "tracked.yaml"
    sweep.write_text(SWEEP)
    empty(carried / "view.db")
    line = ["sync", str(sweep), "--runs", str(carried), "--to", f"sqlite:///{carried}/view.db"]
    assert main(line) == 0
    assert "9 runs written, 0 unchanged, 0 deleted" in capsys.readouterr().out
    assert main([*line[:-1], f"sqlite:///{carried}/mlflow.db"]) == 2
