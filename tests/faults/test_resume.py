"""A training phase goes on from its checkpoint: on the same processes bit for bit, on others within rounding."""

from pathlib import Path

import pytest

from harness.files import resume
from harness.files.atomic import digest
from harness.files.journal import read
from harness.files.layout import PhaseFolder
from harness.spec.cluster import Cluster
from harness.spec.phase import Train
from tests.faults.stage import dropping_stage, launch, prepare
from tests.parity.stage import concurrent_stage, lay_out, losses, scratch

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SELDOM = 600.0
STRATEGIES = ("zero2", "zero0", "zero1", "zero3")
KILLED = 24  # steps of a launch: twenty are a phase, so that each launch ends in another
ROUNDING = 1e-5  # of a loss, as over placements


def laid_out(
    runs: Path, strategies: tuple[str, ...], phase: Train, processes: int, interval: float
) -> dict[str, PhaseFolder]:
    """The phase under each strategy in a run folder of its own, with its tokenizer."""
    found = {}
    for name in strategies:
        lay_out(runs / name, scratch().tokenizer, "zero0", Cluster("test", processes_per_node=processes))
        found[name] = prepare(runs / name, phase, name, processes, interval)
    return found


def in_order(phases: dict[str, PhaseFolder]) -> list[PhaseFolder]:
    """All folders to launch: before each phase its tokenizer."""
    found = []
    for folder in phases.values():
        others = [PhaseFolder(path) for path in folder.path.parent.iterdir() if (path / "phase.json").exists()]
        found += sorted(others, key=lambda each: each == folder)
    return found


def resumed_at(folder: PhaseFolder) -> list[int]:
    return [event["step"] for event in read(folder.journal_file) if event["event"] == "resume"]


def test_killed_and_resumed_it_is_bit_identical_with_dropout(tmp_path: Path) -> None:
    undisturbed = laid_out(tmp_path / "undisturbed", STRATEGIES, dropping_stage(), 2, SELDOM)
    assert launch(in_order(undisturbed), 2)[0] == 0
    killed = laid_out(tmp_path / "killed", STRATEGIES, dropping_stage(), 2, 0.001)
    ends = [launch(in_order(killed), 2, rank=number % 2, call=KILLED, what="kill")[0] for number in range(4)]
    assert 0 not in ends[:3]
    assert ends[3] == 0 or launch(in_order(killed), 2)[0] == 0
    assert [bool(resumed_at(folder)) for folder in killed.values()] == [False, True, True, True]
    for name, folder in killed.items():
        record, expected = folder.record(), undisturbed[name].record()
        assert record and expected
        assert losses(folder) == losses(undisturbed[name])
        assert record.outputs == expected.outputs  # digests of all weights
        assert (record.cost.model, record.cost.steps) == (expected.cost.model, 20)
        assert record.unique_examples == expected.unique_examples
        assert not folder.resume.exists()
        attempts = len(resumed_at(folder)) + 1
        assert record.attempts == attempts
        assert 0 < record.repeated_steps <= 3 * (attempts - 1) or attempts == 1


def test_with_notice_no_step_is_lost_and_the_exit_code_requeues(tmp_path: Path) -> None:
    undisturbed = laid_out(tmp_path / "undisturbed", ("zero3",), dropping_stage(), 2, SELDOM)
    assert launch(in_order(undisturbed), 2)[0] == 0
    asked = laid_out(tmp_path / "asked", ("zero3",), dropping_stage(), 2, SELDOM)
    (folder,) = asked.values()
    for what, rank, step in (("term", "0", 5), ("usr1", "1", 4)):  # to one process alone: all of them end
        status, ended = launch(in_order(asked), 2, rank=rank, call=step, what=what)
        assert status != 0
        assert "exitcode  : 75" in "\n".join(ended.last_lines)
        assert folder.failure() is None
    assert [stored.manifest.progress.step for stored in resume.stored(folder.resume)] == [9, 5]
    assert launch(in_order(asked), 2)[0] == 0
    record = folder.record()
    assert record
    assert (record.attempts, record.repeated_steps) == (3, 0)
    assert losses(folder) == losses(undisturbed["zero3"])
    assert digest(folder.weights / "index.json") == digest(undisturbed["zero3"].weights / "index.json")


def test_fewer_processes_go_on_where_more_were_lost(tmp_path: Path) -> None:
    strategies = ("zero3", "zero2", "zero0")
    undisturbed = laid_out(tmp_path / "undisturbed", strategies, concurrent_stage(), 4, SELDOM)
    assert launch(in_order(undisturbed), 4)[0] == 0
    for name in strategies:
        phases = laid_out(tmp_path / "shrinking", (name,), concurrent_stage(), 4, SELDOM)
        assert launch(in_order(phases), 4, rank="all", call=7, what="term")[0] != 0
        laid_out(tmp_path / "shrinking", (name,), concurrent_stage(), 2, SELDOM)
        assert launch(in_order(phases), 2, rank="all", call=6, what="term")[0] != 0
        laid_out(tmp_path / "shrinking", (name,), concurrent_stage(), 1, SELDOM)
        status, ended = launch(in_order(phases), 1)
        assert status == 0, "\n".join(ended.last_lines)
        assert resumed_at(phases[name])[-1:] == [13]
        assert losses(phases[name]) == pytest.approx(losses(undisturbed[name]), abs=ROUNDING)
