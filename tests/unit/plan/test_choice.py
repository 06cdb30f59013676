"""Where phases are placed: on the fewest accelerators, as lightly as they fit; what fits nowhere is refused."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest

from harness.catalog import find
from harness.plan.memory.peak import Memory, memory
from harness.plan.memory.room import room
from harness.plan.places.candidates import settings
from harness.plan.places.choice import Choice, choose
from harness.plan.places.placement import cut, placed
from harness.plan.places.search import numbers, step_flops
from harness.spec.cluster import Cluster, Hardware
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import LoRA, Window
from harness.spec.task import Data, Part
from tests.unit.plan.places import DATA, GIANT, H100, LARGE, STRATEGIES, XXL, node, train

NO_NVME = replace(H100, nvme_path=None, nvme_gb=None)
CASES = [
    *((model, node(nodes)) for model in (LARGE, XXL, GIANT) for nodes in (1, 8)),
    (XXL, node(hardware=Hardware("a100_sxm_40gb", 960.0))),
    (XXL, node(accelerators_per_phase=2)),
]


def chosen(phase: Train | Evaluate, cluster: Cluster, named: str | None = None) -> Choice:
    return choose(phase, cluster, STRATEGIES, named)


@pytest.mark.parametrize(("model", "cluster"), CASES)
@pytest.mark.parametrize("lora", [None, LoRA(8, 16)])
def test_what_is_chosen_fits_and_makes_the_global_batch(model: Any, cluster: Cluster, lora: LoRA | None) -> None:
    phase = train(model, batch_size=64, lora=lora)
    found = chosen(phase, cluster)
    place = found.placement
    assert place.micro_batch * place.accumulation * place.world_size == 64
    assert place.world_size == found.accelerators
    assert found.memory == memory(phase, place, found.options)
    assert room(cluster.part(found.accelerators)).holds(found.memory)


def test_a_small_model_has_one_accelerator_however_many_there_are() -> None:
    assert [chosen(train(), node(nodes)).accelerators for nodes in (1, 8, 64)] == [1, 1, 1]


def test_the_micro_batch_is_the_largest_that_fits() -> None:
    phase = train(XXL, batch_size=64, window=Window(512), lora=LoRA(8, 16))
    found = chosen(phase, node(accelerators_per_phase=2), "zero2")
    larger = cut(found.placement, 2 * found.placement.micro_batch)
    own = room(node().part(2))
    assert found.placement.accumulation > 1
    assert not own.holds(memory(phase, larger, found.options))


def test_more_accelerators_are_taken_where_fewer_would_offload() -> None:
    found = chosen(train(XXL, 64), node())
    assert found.accelerators > 1
    assert "offload" not in found.strategy
    alone = chosen(train(XXL, 64), node(processes=1))
    assert "offload" in alone.strategy or "nvme" in alone.strategy


def test_a_part_of_a_node_has_that_part_of_its_host_memory() -> None:
    phase, scarce = train(XXL, 64), replace(NO_NVME, host_memory_gb=260.0)
    assert chosen(phase, node(processes=1, hardware=scarce)).accelerators == 1
    with pytest.raises(HarnessError, match="host memory"):
        chosen(phase, node(hardware=replace(scarce, device="a10"), accelerators_per_phase=1))


def test_a_named_strategy_is_kept() -> None:
    assert chosen(train(), node(), "zero3_offload").strategy == "zero3_offload"


def test_what_changes_numbers_is_never_chosen_unless_the_recipe_allows_it() -> None:
    for nodes in (1, 8, 64):
        assert "plus" not in chosen(train(GIANT, 512), node(nodes)).strategy
    with pytest.raises(HarnessError, match="say `communication: quantised` in the recipe"):
        chosen(train(), node(), "zero3_plus_plus")


def test_nvme_is_not_chosen_where_there_is_none_and_asking_for_it_says_so() -> None:
    assert "nvme" not in chosen(train(XXL, 64), node(processes=1, hardware=NO_NVME)).strategy
    with pytest.raises(HarnessError, match="names no folder on NVMe"):
        chosen(train(), node(hardware=NO_NVME), "zero3_nvme")


def test_an_evaluation_has_neither_gradients_nor_an_optimizer() -> None:
    found = chosen(Evaluate(train(XXL, 64), DATA, precision="bf16"), node())
    assert found.accelerators == 1
    assert (found.memory.gradients, found.memory.optimizer) == (0, 0)


def test_without_hardware_the_whole_cluster_is_taken_as_it_always_was() -> None:
    found = chosen(train(batch_size=16), Cluster("local", processes_per_node=2))
    assert (found.strategy, found.accelerators, found.placement.micro_batch) == ("zero1", 2, 8)
    assert chosen(train(batch_size=16), Cluster("local", processes_per_node=2), "zero3").strategy == "zero3"


def test_seeds_and_durations_are_placed_alike() -> None:
    one, other = train(seed=1), train(seed=2)
    assert chosen(one, node()) is chosen(other, node())


def test_ten_thousand_phases_are_placed_in_less_than_a_second() -> None:
    phases = [train(XXL, 8 * size, seed=seed) for size in range(1, 11) for seed in range(1000)]
    began = time.process_time()
    assert len({chosen(phase, node(64)).accelerators for phase in phases}) >= 1
    assert time.process_time() - began < 1.0


def test_a_batch_that_the_accelerators_cannot_share_is_refused() -> None:
    with pytest.raises(HarnessError, match=r"^batch size 6: 4 processes cannot share it equally; nearest: 4 or 8$"):
        chosen(train(batch_size=6), node(accelerators_per_phase=4))


def test_a_batch_that_keeps_more_accelerators_from_helping_says_which_would_not() -> None:
    assert "offload" in (found := chosen(train(XXL, 64), node(processes=3))).strategy
    assert found.why.endswith("; 3 cannot share batch size 64, but 63 or 66")
    assert "cannot share" not in chosen(train(XXL, 66), node(processes=3)).why
    assert "cannot share" not in chosen(train(LARGE, 64), node(processes=3)).why  # one is all that it needs


def test_a_device_of_unknown_memory_is_refused() -> None:
    with pytest.raises(HarnessError, match=r"hardware\.memory_gb is missing; no table knows 'cpu'"):
        chosen(train(), node(hardware=Hardware("cpu", 64.0)))


def test_a_micro_batch_that_need_not_accumulate_may_fit_where_smaller_ones_do_not() -> None:
    phase, named = train(XXL, 16, window=Window(128)), {"zero1_offload": STRATEGIES["zero1_offload"]}
    setting = next(settings(phase, node(processes=1), named))
    sizes = [memory(phase, cut(placed(phase, setting), size), setting.options) for size in (16, 8, 1)]
    whole, half, one = (each.accelerator for each in sizes)
    assert whole < one < half
    scarce = node(processes=1, hardware=replace(H100, memory_gb=(whole + one) / 2 / 1e9))
    found = choose(phase, scarce, named, None)
    assert (found.placement.micro_batch, found.placement.checkpointing) == (16, False)


def test_fp32_is_never_sent_to_nvme_unasked() -> None:
    scarce = node(processes=1, hardware=replace(H100, host_memory_gb=100.0))
    for precision, allowed in (("bf16", True), ("fp32", False)):
        phase = train(XXL, 8, precision=precision)
        names = {setting.strategy for setting in settings(phase, scarce, STRATEGIES)}
        assert ("zero3_nvme" in names) == allowed
    assert chosen(train(XXL, 8, precision="fp32"), scarce, "zero3_nvme").strategy == "zero3_nvme"
    with pytest.raises(HarnessError, match="host memory at zero3_off"):
        chosen(train(XXL, 8, precision="fp32"), scarce)


def test_groups_of_negatives_are_never_cut() -> None:
    pairs = Data("mewslix", 1, "retrieval", "train", (Part("en"),))
    cluster = node(max_micro_batch=4, accelerators_per_phase=1)
    sizes = []
    for negatives in (None, 64, 4):
        phase = replace(train(LARGE, 256, negatives=negatives), data=(pairs,))
        sizes.append(chosen(phase, cluster, "zero1").memory.activations)
        assert max(numbers(phase, node(8))) == min(64, 256 // (negatives or 256))
    assert sizes[0] == pytest.approx(4 * sizes[1], rel=0.01)
    assert sizes[1] == pytest.approx(16 * sizes[2], rel=0.01)


def test_an_evaluation_is_compared_by_what_a_text_costs() -> None:
    """More processes read more texts at once: without offload they cost less, and are not taken for dearer."""
    model = find.model("bloom/176b").architecture
    phase = Evaluate(Pretrained("made/model", "0" * 40, model), DATA, Window(128), None, "bf16")
    cluster = node(8, token_budget=65536)
    found = chosen(phase, cluster)
    assert (found.strategy, found.accelerators) == ("zero3", 16)
    fewer = chosen(phase, replace(cluster, accelerators_per_phase=8))
    assert fewer.strategy == "zero3_offload"
    assert step_flops(phase, found) == 2 * step_flops(phase, fewer)


def test_a_cpu_has_the_memory_of_its_host_once() -> None:
    host = Hardware("cpu", host_memory_gb=16.0, memory_gb=12.0)
    there = room(Cluster("c", processes_per_node=2, hardware=host))
    assert there.holds(Memory(parameters=4 * 10**9, host=3 * 10**9))
    assert not there.holds(Memory(parameters=5 * 10**9, host=4 * 10**9))
    assert not room(Cluster("c", processes_per_node=1, hardware=host)).holds(
        Memory(parameters=9 * 10**9, host=4 * 10**9)
    )


def test_every_part_that_can_share_the_batch_is_tried() -> None:
    assert list(numbers(train(batch_size=48), node(4, 16))) == [1, 2, 4, 8, 16, 48]
    assert list(numbers(train(batch_size=24), node(1, 6))) == [1, 2, 3, 6]
    assert list(numbers(train(batch_size=7), node(1_000_000))) == [1]


def test_a_strategy_that_no_small_part_has_a_use_for_is_tried_on_larger_ones() -> None:
    pairs = {"zero_optimization": {**STRATEGIES["zero3_hpz"]["zero_optimization"], "zero_hpz_partition_size": 4}}
    assert choose(train(XXL, 64), node(2), {**STRATEGIES, "mine": pairs}, None).strategy == "zero3"
    assert choose(train(XXL, 64), node(2), {**STRATEGIES, "mine": pairs}, "mine").accelerators == 4
    odd = {"zero_optimization": {**pairs["zero_optimization"], "zero_hpz_partition_size": 3}}
    with pytest.raises(HarnessError, match=r"zero_hpz_partition_size is 3, which does not divide its 8 processes"):
        choose(train(XXL, 64), node(2), {**STRATEGIES, "mine": odd}, "mine")


def test_the_reason_names_what_a_lighter_way_lacks() -> None:
    assert "; the lightest way; the fewest accelerators that hold it" in chosen(train(LARGE), node()).why
    giant = chosen(train(GIANT, 64), node(8))
    assert re.search(
        r"zero2 with checkpointing would need \d+ GB of memory per accelerator, of 80 GB; 32 would", giant.why
    )
    kept = chosen(train(XXL, 8), node(accelerators_per_phase=4))
    assert kept.reason == "as many accelerators as the cluster's file says"


def test_an_evaluation_holds_one_example_at_least_whatever_its_token_budget() -> None:
    phase = Evaluate(train(XXL), DATA, Window(512), None, "bf16")
    small, window = (chosen(phase, node(token_budget=tokens)).memory.activations for tokens in (16, 512))
    assert small == window > 0
