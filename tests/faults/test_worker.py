"""Faults inside a launch of the real worker: what is said, what is kept, and that the next launch goes on."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import data as catalog_data
from harness.files import resume
from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder
from harness.spec.cluster import Cluster
from harness.spec.phase import Evaluate, Train
from tests.faults.stage import OFTEN, dropping_stage, launch, prepare
from tests.faults.test_resume import SELDOM, in_order, laid_out, resumed_at
from tests.parity.stage import concurrent_stage, lay_out, losses, scratch

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> PhaseFolder:
    phases = laid_out(tmp_path_factory.mktemp("undisturbed"), ("zero2",), dropping_stage(), 2, SELDOM)
    assert launch(in_order(phases), 2)[0] == 0
    return phases["zero2"]


def struck(runs: Path, interval: float = OFTEN, timeout: int = 60, **fault: Any) -> tuple[PhaseFolder, int, Any, float]:
    """The phase after a launch with a fault; its exit status, the launch, and the seconds that it took."""
    lay_out(runs, scratch().tokenizer, "zero0", Cluster("test", collective_timeout_s=timeout))
    folder = prepare(runs, dropping_stage(), "zero2", 2, interval, timeout)
    began = time.monotonic()
    status, ended = launch(in_order({"zero2": folder}), 2, **fault)
    return folder, status, ended, time.monotonic() - began


def goes_on(folder: PhaseFolder, undisturbed: PhaseFolder) -> None:
    assert launch([folder], 2)[0] == 0
    assert losses(folder) == losses(undisturbed)
    record, expected = folder.record(), undisturbed.record()
    assert record and expected
    assert record.outputs == expected.outputs


def evaluation(undisturbed: PhaseFolder) -> PhaseFolder:
    """An evaluation of what the undisturbed phase made, in many small batches."""
    phase = undisturbed.phase()
    assert isinstance(phase, Train)
    data = catalog_data.pin(catalog_data.dataset("toy_senses", "test", ("ha",), limit=60), None)
    evaluated = Evaluate(phase, data, phase.recipe.window)
    folder = prepare(undisturbed.path.parent, evaluated, "zero2", 2, timeout=10)
    placement = folder.placement()
    assert placement
    write_json(folder.placement_file, replace(placement, token_budget=64))
    folder.record_file.unlink(missing_ok=True)
    return folder


@pytest.mark.parametrize("rank", ["0", "1"])
def test_a_process_that_hangs_is_named(tmp_path: Path, undisturbed: PhaseFolder, rank: str) -> None:
    folder, status, ended, seconds = struck(tmp_path, timeout=10, rank=rank, call=6, what="stop")
    assert status not in (0, None)
    assert seconds < 60
    said = ended.first_lost
    assert f"rank {rank} (process " in said
    assert f"hangs, last heard of in {folder.path.name}, " in said
    assert f"{folder.path.name}, step 5 on toy_" in said
    assert said.endswith("(en)")
    goes_on(folder, undisturbed)


def test_a_process_that_hangs_in_an_evaluation_is_named_with_its_language(
    tmp_path: Path, undisturbed: PhaseFolder
) -> None:
    folder = evaluation(undisturbed)
    _, ended = launch([folder], 2, at="pass", rank="1", call=3, what="stop")
    assert "rank 1 (process " in (ended.first_lost or "")
    assert f"last heard of in {folder.path.name}, " in (ended.first_lost or "")
    assert "evaluating toy_senses (ha)" in (ended.first_lost or "")
    assert launch([folder], 2)[0] == 0


def test_a_loss_that_is_no_number_names_its_batch_and_keeps_the_checkpoint_before(
    tmp_path: Path, undisturbed: PhaseFolder
) -> None:
    folder, status, _, _ = struck(tmp_path, rank="0", call=8, what="nan")
    failure = folder.failure()
    assert status == 1 and failure
    assert failure.cause == "diverged"
    assert "step 7 on toy_" in failure.reason
    assert "the loss is nan, on the batch of examples [" in failure.reason
    assert 4 <= resume.newest_step(folder.resume) <= 7
    goes_on(folder, undisturbed)


def test_memory_that_ran_out_is_told_as_such_by_whoever_met_it(tmp_path: Path, undisturbed: PhaseFolder) -> None:
    folder, status, _, _ = struck(tmp_path, rank="1", call=5, what="memory")
    failure = folder.failure()
    assert status == 1 and failure
    assert failure.cause == "memory"
    goes_on(folder, undisturbed)


@pytest.mark.parametrize("at", ["snapshot", "commit"])
def test_a_kill_while_a_checkpoint_is_written_leaves_those_before(
    tmp_path: Path, undisturbed: PhaseFolder, at: str
) -> None:
    folder, status, _, _ = struck(tmp_path, at=at, rank="0", call=7, what="kill")
    assert status == 1
    assert resume.stored(folder.resume)
    assert list(folder.resume.glob(".draft-*"))
    goes_on(folder, undisturbed)
    assert resumed_at(folder)


def test_a_full_disk_costs_a_checkpoint_and_not_the_training(tmp_path: Path, undisturbed: PhaseFolder) -> None:
    folder, status, _, _ = struck(tmp_path, at="snapshot", rank="1", call=5, what="full", on=True)
    assert status == 0
    assert losses(folder) == losses(undisturbed)
    assert "checkpoint_failed" in folder.journal_file.read_text()
    assert "No space left on device" in folder.journal_file.read_text()


@pytest.mark.parametrize("harm", ["flipped", "truncated", "missing", "manifest"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_is_used(
    tmp_path: Path, undisturbed: PhaseFolder, harm: str
) -> None:
    folder, _, _, _ = struck(tmp_path, rank="0", call=9, what="kill")
    newest, before = resume.stored(folder.resume)
    file = newest.path / ("manifest.json" if harm == "manifest" else "mp_rank_00_model_states.pt")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes(content[: len(content) // 2] if harm == "truncated" else content)
    goes_on(folder, undisturbed)
    assert resumed_at(folder) == [before.manifest.progress.step]
    if harm != "manifest":
        assert "mp_rank_00_model_states.pt: not what was written" in folder.journal_file.read_text()


def test_another_zero_stage_starts_again_and_says_so(tmp_path: Path, undisturbed: PhaseFolder) -> None:
    folder, _, _, _ = struck(tmp_path, rank="0", call=9, what="kill")
    prepare(tmp_path, dropping_stage(), "zero1", 2)
    assert launch([folder], 2)[0] == 0
    assert resumed_at(folder) == []
    assert "ZeRO stage 2, now 1), so the phase starts again" in folder.journal_file.read_text()
    assert len(losses(folder)) == 20
    assert losses(folder) == losses(undisturbed)  # stages 1 and 2 give the same


def test_a_kill_while_weights_are_stored_loses_no_step(tmp_path: Path, undisturbed: PhaseFolder) -> None:
    folder, status, _, _ = struck(tmp_path, at="weights", rank="0", call=1, what="kill")
    assert status == 1
    goes_on(folder, undisturbed)
    record = folder.record()
    assert record and record.repeated_steps <= 3


def test_dropout_free_losses_do_not_depend_on_interruptions(tmp_path: Path) -> None:
    """What law 4 says of placements holds of interruptions as well."""
    lay_out(tmp_path, scratch().tokenizer, "zero0", Cluster("test"))
    whole = prepare(tmp_path, concurrent_stage(), "zero2", 2, SELDOM)
    assert launch(in_order({"zero2": whole}), 2)[0] == 0
    broken = laid_out(tmp_path / "broken", ("zero2",), concurrent_stage(), 2, OFTEN)
    for call in (3, 4):
        launch(in_order(broken), 2, rank="1", call=call, what="kill")
    assert launch(in_order(broken), 2)[0] == 0
    assert losses(broken["zero2"]) == losses(whole)


def test_memory_that_ran_out_in_an_evaluation_is_told_as_such(undisturbed: PhaseFolder) -> None:
    folder = evaluation(undisturbed)
    status, _ = launch([folder], 2, at="pass", rank="1", call=2, what="memory")
    failure = folder.failure()
    assert status == 1
    assert failure
    assert failure.cause == "memory"
    assert launch([folder], 2)[0] == 0
