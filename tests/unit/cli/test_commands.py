"""The command line: what it leaves unloaded, its help and options, tasks shown, damaged folders, and smoke runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import main
from harness.files.layout import folders
from harness.spec.errors import HarnessError
from tests.unit.sweeps import SWEEP


def test_the_control_side_starts_without_what_is_slow() -> None:
    slow = ["torch", "transformers", "deepspeed", "mlflow", "scipy", "matplotlib"]
    script = f"import sys, harness.cli; print([name for name in {slow} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(
        name in shown
        for name in (
            "run",
            "plan",
            "status",
            "logs",
            "retry",
            "cancel",
            "gc",
            "merge",
            "diff",
            "score",
            "report",
            "claims",
            "data",
        )
    )


def test_options_are_given_in_full(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`run --rest` would start itself again and again: the line that it hands on is without `--restart` only."""
    with pytest.raises(SystemExit) as ended:
        main(["run", "--rest", "made.yaml"])
    assert ended.value.code == 2
    assert "--rest" in capsys.readouterr().err


def test_a_task_is_shown_without_a_run_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "toy_senses", "--rows", "1"]) == 0
    shown = capsys.readouterr().out
    assert "toy_senses: format tagging, metric tagging_f1" in shown
    assert "zc, row 0" in shown
    assert "row 1" not in shown
    assert not (folder / "runs").exists()


def test_folders_with_a_damaged_phase_are_named_and_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "runs" / "0123456789ab-target-udpos").mkdir(parents=True)
    (folder / "runs" / "0123456789ab-target-udpos" / "phase.json").write_text("{garb")
    for line in ("status", "gc --weights"):
        assert main(line.split()) == 0
        assert "left out: runs/0123456789ab-target-udpos/phase.json: not complete JSON" in capsys.readouterr().out


def test_orphans_are_not_told_by_provisional_ids(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "runs" / "0123456789ab-target-udpos").mkdir(parents=True)
    (folder / "runs" / "0123456789ab-target-udpos" / "phase.json").write_text("{}")
    assert main(["gc", "real.yaml", "--orphans", "--yes"]) == 2
    assert "real.yaml: some of its data are not at hand, so its phases cannot be told" in capsys.readouterr().err
    assert len(folders(folder / "runs")) == 1


def test_smoke_has_no_limit_of_its_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--smoke", "--max-accelerator-hours", "3", "made.yaml"]) == 2
    assert "leave it out beside --smoke" in capsys.readouterr().err


def test_smoke_asks_for_models_before_it_launches(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(*_: object) -> None:
        raise HarnessError("the hub is away")

    monkeypatch.setattr("harness.cli_run.check_models", away)
    (folder / "made.yaml").write_text(SWEEP)
    assert main(["run", "--smoke", "made.yaml"]) == 2
    assert "the hub is away" in capsys.readouterr().err
    assert not (folder / "runs" / ".smoke").exists()
