"""The bill of a sweep: its lines add up, on every cluster, as text and as JSON, and it says what sharing saves."""

import io
from math import ceil
from pathlib import Path

import pytest
from rich.console import Console

from harness.plan.bill import Bill, Line
from harness.run.bill.bill_json import bill_json
from harness.run.overview import Overview, overview
from harness.run.show import show_plan
from harness.run.study import open_work

JOBS = Path(__file__).resolve().parents[3] / "jobs"
NAMES = ("model", "hardware", "hours", "accelerator_hours")
SHARED = """
name: shared
models: [{name: large, model: xlm_r/large, recipe: {precision: bf16}}]
intermediate: [mnli]
steps: [100, 200]
batch_size: 32
targets: [{task: xnli, languages: [en, de]}]
seeds: {intermediate: [1], target: [1, 2, 3]}
cluster: h100_8
"""


def plan(sweep: Path, runs: Path, cluster: str) -> Overview:
    return overview(open_work(sweep, None, runs, JOBS / "clusters" / f"{cluster}.yaml"))


def bill_of(found: Overview) -> Bill:
    assert found.bill is not None
    return found.bill


def printed(found: Overview) -> str:
    console = Console(file=io.StringIO(), width=200)
    show_plan(found, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def line(bill: Bill, model: str, slug: str) -> Line:
    return next(each for each in bill.lines if (each.kind.model, each.kind.slug) == (model, slug))


@pytest.mark.parametrize("nodes", (1, 8, 64, 512))
def test_lines_add_up_and_hours_are_steps_times_their_seconds(nodes: int, tmp_path: Path) -> None:
    bill = bill_of(plan(JOBS / "scaling.yaml", tmp_path, f"h100_{nodes}"))
    assert sum(each.amount.phases for each in bill.lines) == bill.total.phases == 170
    for name in NAMES:
        assert sum(getattr(each.amount, name) for each in bill.lines) == pytest.approx(getattr(bill.total, name))
    for each in bill.lines:
        assert each.amount.accelerator_hours == pytest.approx(each.amount.hours * each.kind.accelerators)
        assert each.kind.accelerators <= nodes
    said = bill_json(bill)
    assert said["total"]["cost"] == pytest.approx(2.5 * bill.total.accelerator_hours)
    assert [row["memory_bytes"]["total"] for row in said["lines"]] == [e.kind.memory.accelerator for e in bill.lines]


def test_small_models_have_one_accelerator_each_beside_large_ones(tmp_path: Path) -> None:
    found = plan(JOBS / "scaling.yaml", tmp_path, "h100_8")
    on = {each.kind.model: each.kind.accelerators for each in bill_of(found).lines}
    assert on == {"large": 1, "xl": 1, "xxl": 4, "bloom-176b": 8, "bloom-176b-lora": 8}
    assert bill_of(found).side_by_side == 8
    assert "each has 1 process with 8 threads or 4 processes with 8 threads each" in printed(found)


def test_a_run_folder_is_no_fuller_where_large_phases_take_the_whole_cluster(tmp_path: Path) -> None:
    """What holds most for its part of the cluster is at work alone: BLOOM's full weights on 1 and on 8."""
    one, eight = (bill_of(plan(JOBS / "scaling.yaml", tmp_path, f"h100_{nodes}")).storage for nodes in (1, 8))
    assert one == eight


def test_every_process_of_an_evaluation_runs_whole_batches(tmp_path: Path) -> None:
    few, many = (bill_of(plan(JOBS / "scaling.yaml", tmp_path, f"h100_{nodes}")) for nodes in (8, 512))
    alone, shared = (line(bill, "bloom-176b", "evaluate-xquad") for bill in (few, many))
    assert (alone.kind.accelerators, shared.kind.accelerators) == (8, 64)  # as many as its training has
    assert shared.steps == ceil(84 / 64)  # 12 languages of 1,190 rows in batches of 170 windows
    assert shared.step.compute == pytest.approx(alone.step.compute, rel=0.1)  # a batch each, whatever their number


def test_what_sharing_saves_is_said_against_both(tmp_path: Path) -> None:
    sweep = tmp_path / "shared.yaml"
    sweep.write_text(SHARED)
    found = plan(sweep, tmp_path / "runs", "h100_8")
    sharing = bill_of(found).sharing
    assert sharing.alone.model > sharing.by_hand.model == sharing.planned.model > 0
    text = " ".join(printed(found).split())
    assert "Sharing saves nothing against intermediates reused by hand." in text
    assert "accelerator-hours against each leaf by itself." in text


def test_a_budget_that_pays_for_no_step_of_full_windows_buys_none(tmp_path: Path) -> None:
    sweep = tmp_path / "low.yaml"
    sweep.write_text(SHARED.replace("steps: [100, 200]", "flops: [1e12, 1e16]"))
    text = printed(plan(sweep, tmp_path / "runs", "h100_8"))
    rows = {cells[2]: cells for cells in map(str.split, text.splitlines()) if cells[:2] == ["large", "mnli"]}
    assert rows["1.00e+12"][5] == "none"
    assert int(rows["1.00e+16"][5].replace(",", "")) > 100
    assert "none: a step as spent costs more, unless its texts are shorter than full windows" in " ".join(text.split())
