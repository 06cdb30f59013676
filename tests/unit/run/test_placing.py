"""Phases on a cluster that says how many accelerators each has, and rates from what has finished."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from harness.files.atomic import write_json
from harness.files.layout import folder_of
from harness.plan.places.choice import choose
from harness.plan.places.rates import ASSUMED
from harness.run.bill.rates import rates
from harness.run.check import check
from harness.run.placing import choice, places
from harness.spec.cluster import Cluster, Placement
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_json
from harness.spec.phase import Evaluate, Train
from harness.spec.record import Cost, Record

SMALL_STAGES = "recipe: {intermediate: {lora: {rank: 8, alpha: 16}}, target"
HARDWARE = "hardware: {device: h100_sxm, host_memory_gb: 1900}"


def on(stage: Any, *lines: str, processes: int = 2) -> Any:
    """The stage on another cluster."""
    file = stage.sweep.parent / "clusters" / "local.yaml"
    file.write_text("\n".join(["name: local", f"processes_per_node: {processes}", *lines]))
    return stage


def test_one_accelerator_a_phase_leaves_room_for_as_many_launches(stage: Any) -> None:
    on(stage, "accelerators_per_phase: 1").conduct()
    worlds = [json.loads(state.folder.placement_file.read_text())["world_size"] for state in stage.states.values()]
    assert set(worlds) == {1}
    assert places(stage.work).cluster.launches == 2
    assert stage.statuses == {"done": 8}


def test_the_planner_gives_small_models_one_accelerator_each(stage: Any) -> None:
    work = on(stage, "accelerator: cuda", HARDWARE).work
    assert set(places(work).sizes.values()) == {1}
    assert places(work).cluster.launches == 2


def test_an_evaluation_has_as_many_accelerators_as_the_training_that_it_reads(stage: Any) -> None:
    text = stage.sweep.read_text().replace("xlm_r/base", "{name: xxl, model: xlm_r/xxl, recipe: {precision: bf16}}")
    stage.sweep.write_text(text)
    work = on(stage, "accelerator: cuda", HARDWARE, processes=8).work
    placed = places(work)
    evaluated = [phase for phase in work.plan if isinstance(phase, Evaluate)]
    assert evaluated
    for phase in evaluated:
        read, own = identity(phase.of), placed.chosen[identity(phase)]
        assert own.accelerators == placed.chosen[read].accelerators > choice(work, phase, work.cluster).accelerators
        assert own.reason == "in one launch with what it reads"


def test_nothing_is_known_to_be_needed_where_the_file_says_nothing(stage: Any) -> None:
    assert places(on(stage).work).sizes == {}
    assert places(stage.work).cluster == stage.work.cluster


def test_a_cluster_without_enough_memory_is_told_with_the_phase_before_anything_runs(stage: Any) -> None:
    work = on(stage, "hardware: {device: cpu, memory_gb: 0.7, host_memory_gb: 0.1}").work
    with pytest.raises(
        HarnessError, match=r"^made: target-toy_senses: .+ needs [\d.]+ GB of .+; fits with|no more accelerators"
    ):
        check(work)


def test_a_batch_that_the_accelerators_of_a_phase_cannot_share_is_told(stage: Any) -> None:
    stage.sweep.write_text(stage.sweep.read_text().replace("batch_size: 16\ntargets", "batch_size: 15\ntargets"))
    with pytest.raises(HarnessError, match=r"batch size 15: 2 processes cannot share it equally; nearest: 14 or 16"):
        check(on(stage, "accelerators_per_phase: 2").work)


@pytest.mark.parametrize("processes", [2, 4])
def test_small_and_large_phases_run_where_the_plan_says_and_no_small_one_is_dealt_to_all(
    stage: Any, processes: int
) -> None:
    """Stages with LoRA take one process, in batches that no two can share; the targets made from them take two."""
    text = stage.sweep.read_text().replace("batch_size: 16\ntargets", "batch_size: 15\ntargets")
    text = text.replace("[toy_qa, toy_polarity]", "[toy_qa]")
    stage.sweep.write_text(text.replace("recipe: {target", SMALL_STAGES) + "strategy: zero1\n")
    work = on(stage, "hardware: {device: cpu, memory_gb: 10, host_memory_gb: 900}", processes=processes).work
    planned = {key: chosen.placement for key, chosen in places(work).chosen.items()}
    assert Counter(place.world_size for place in planned.values()) == {1: 1, 2: 4}
    assert places(work).at_once == processes
    stage.conduct()
    assert stage.statuses == {"done": 5}
    written = {key: state.folder.placement_file.read_text() for key, state in stage.states.items()}
    assert {key: from_json(Placement, text, key) for key, text in written.items()} == planned


def test_rates_are_assumed_until_a_phase_of_the_same_model_has_finished(stage: Any) -> None:
    work = on(stage, "accelerator: cuda", HARDWARE).work
    phase = next(phase for phase in work.plan if isinstance(phase, Train))
    before = rates(work, stage.states)(phase, 1)
    assert before is not None
    assert before.flops == pytest.approx(ASSUMED * 66.9e12)
    folder = stage.folder("intermediate-toy_qa")
    chosen = choice(work, folder_phase(work, folder.id), Cluster("one", "cuda", processes_per_node=1))
    write_json(folder.placement_file, chosen.placement)
    write_json(folder.ds_config_file, chosen.options)
    write_json(folder.environment_file, {"device": "NVIDIA H100 80GB HBM3"})
    cost = Cost(hardware=10**15, steps=5, seconds=100.0)
    write_json(folder.record_file, Record(folder.id, folder.slug, cost, {}, "", "now", "exact"))
    after = rates(work, stage.states)(phase, 1)
    assert after is not None
    assert after.flops == pytest.approx(1e13, rel=0.05)
    assert "1 finished phase of the same model" in after.source
    write_json(folder.environment_file, {"device": "NVIDIA A10"})
    assert rates(work, stage.states)(phase, 1) == before


def test_what_gathering_took_is_told_apart_where_some_phases_gathered_and_some_did_not(stage: Any) -> None:
    work = on(stage, "accelerator: cuda", HARDWARE).work
    stages = [phase for phase in work.plan if isinstance(phase, Train) and phase.recipe.precision == "fp32"]
    for phase, strategy, seconds in zip(stages, ("zero1", "zero3"), (100.0, 200.0), strict=False):
        folder = folder_of(work.runs, phase)
        chosen = choose(phase, replace(work.cluster, accelerators_per_phase=2), work.strategies, strategy)
        write_json(folder.placement_file, chosen.placement)
        write_json(folder.ds_config_file, chosen.options)
        write_json(folder.environment_file, {"device": "NVIDIA H100 80GB HBM3"})
        cost = Cost(hardware=10**15, steps=5, seconds=seconds)
        write_json(folder.record_file, Record(folder.id, folder.slug, cost, {}, "", "now", "exact"))
    found = rates(work, stage.states)(stages[0], 2)
    assert found is not None
    assert found.flops == pytest.approx(10**15 / 2 / 100.0, rel=0.01)
    assert rates(work, stage.states)(stages[0], 1) == found  # of accelerators it does not matter how many work
    assert found.overhead == pytest.approx((200.0 - 100.0) / 5 / chosen.placement.accumulation, rel=0.01)


def folder_phase(work: Any, key: str) -> Train:
    """The phase with this id."""
    return next(phase for phase in work.plan if identity(phase) == key)
