"""`harness plan`: what it counts, what that costs, and which ids it calls provisional."""

import dataclasses
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.catalog import find
from harness.cli import main
from harness.files.layout import folders

CHECKOUT = Path(__file__).resolve().parents[3]


def test_a_plan_counts_what_is_shared_and_estimates_its_cost(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "sweep.yaml", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["points"]) == 3
    assert plan["provisional"] is False
    assert Counter(phase["kind"] for phase in plan["phases"]) == Counter(intermediate=2, target=3, evaluate=3)
    first, second = (phase for phase in plan["phases"] if phase["kind"] == "intermediate")
    assert second["flops"] == 2 * first["flops"] > 0
    assert {tuple(phase["batch"]) for phase in plan["phases"] if phase["batch"]} == {(8, 1, 2)}
    assert {(phase["status"], phase["reason"]) for phase in plan["phases"]} == {("pending", "no record")}


def test_a_bill_says_whence_its_rates_are_though_no_phase_has_a_known_size(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = "name: unsized\nmodels: [xlm_r/base]\nintermediate: []\ntargets: [tatoeba_raw]\n"
    (folder / "unsized.yaml").write_text(sweep)
    file = CHECKOUT / "jobs" / "clusters" / "h100_8.yaml"
    assert main(["plan", "unsized.yaml", "--cluster", str(file)]) == 0
    assert "Times: assumed: 40% of h100_sxm's 67 dense TFLOP/s in fp32" in capsys.readouterr().out


def test_who_reads_a_plan_may_stop_reading(folder: Path) -> None:
    line = [
        sys.executable,
        "-c",
        "from harness.cli import main; raise SystemExit(main())",
        "plan",
        "sweep.yaml",
        "--json",
    ]
    plan = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder)
    assert plan.stdout and plan.stderr
    plan.stdout.close()
    assert plan.wait(60) == 1
    assert plan.stderr.read() == b""


def test_a_plan_without_data_says_that_ids_will_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "real.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "ids are provisional" in shown
    assert "global batch 16 = micro-batch 8 x accumulation 1 x world size 2" in shown
    assert "up to 2 launches at once; side by side, each has 1 process with 1 thread" in shown
    assert "FLOPs to come are an estimate" in shown
    assert "in choice 4 choices a row" in shown
    assert "≤" not in shown


def test_a_model_that_nobody_pinned_can_be_planned_but_not_run(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = find.model("xlm_r/base")
    monkeypatch.setattr(find, "model", lambda name: dataclasses.replace(pinned, revision=None))
    assert main(["plan", "real.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unpinned"] == [pinned.hub_id]
    assert main(["plan", "real.yaml"]) == 0
    assert f"The revision of {pinned.hub_id} is not pinned, so ids are provisional" in capsys.readouterr().out
    assert main(["run", "real.yaml"]) == 2
    assert f"model '{pinned.hub_id}': its revision is not pinned" in capsys.readouterr().err
    assert folders(folder / "runs") == ()
