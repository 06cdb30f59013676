"""Memory of a process: the ZeRO paper's states, and what must make them grow and shrink."""

import time
from dataclasses import replace
from typing import Any

import pytest

from harness.plan.memory.engine_memory import Engine, spread
from harness.plan.memory.peak import Memory, memory
from harness.plan.memory.states import states
from harness.plan.memory.zero import zero
from harness.plan.network.counts import Counts, counts
from harness.spec.cluster import Placement
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, LoRA, Recipe, Window
from harness.spec.task import Data, Part

PAIRS = Data("pairs", 1, "pair", "train", (Part("en"),), ("a", "b", "c"))
LARGE = Architecture("xlm_r", 24, 1024, 16, 16, 4096, 250_002)
RECIPE = Recipe(Duration("epochs", 1.0), 64, 1e-5, seed=0, precision="bf16", window=Window(max_length=256))
PHASE = Train(Pretrained("someone/large", "0" * 40, LARGE), (PAIRS,), RECIPE, "target")
PLACEMENT = Placement("cuda", 8, 0, "zero", 4, 2, 8192, 600)
GB = 1e9


def options(stage: int, **more: Any) -> dict[str, Any]:
    """A strategy as DeepSpeed has it."""
    return {"zero_optimization": {"stage": stage, **more}}


def of(stage: int, phase: Train | Evaluate = PHASE, placement: Placement = PLACEMENT, **more: Any) -> Memory:
    """Memory at a stage."""
    return memory(phase, replace(placement, stage=stage), options(stage, **more))


def with_recipe(**changes: Any) -> Train:
    """The phase with another recipe."""
    return replace(PHASE, recipe=replace(RECIPE, **changes))


@pytest.mark.parametrize(("stage", "expected"), [(0, 120), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_states_are_those_of_the_zero_paper(stage: int, expected: float) -> None:
    """Its figure 1: 7.5 billion parameters on 64 processes, in GB as printed there."""
    whole = sum(states(7_500_000_000, 0, "bf16", stage, 64)) / GB
    assert round(whole, 1) == expected


def test_fp32_has_no_second_copy_among_the_states() -> None:
    """4 + 4 + 8 bytes: a parameter is its own master."""
    assert states(100, 0, "fp32", 0, 1) == (400, 400, 800)


def test_frozen_parameters_have_neither_gradients_nor_optimizer_states() -> None:
    """Whatever the stage partitions."""
    assert states(0, 100, "bf16", 3, 4) == (50, 0, 0)


def test_plan_counts_the_states_of_the_whole_network() -> None:
    """The encoder and its head."""
    assert of(0).states == 16 * counts(PHASE).trained
    assert counts(PHASE).trained == 558_840_832 + 1024 * 1024 + 1024 + 3 * 1024 + 3


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_more_processes_need_less_each(stage: int) -> None:
    """Everything else equal."""
    sizes = [of(stage, placement=replace(PLACEMENT, world_size=world)).accelerator for world in (2, 8, 64)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 1.1 * sizes[-1]


def test_a_higher_stage_has_fewer_states() -> None:
    """Each partitions more."""
    found = [of(stage).states for stage in range(4)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 4


def test_memory_grows_with_micro_batch_and_length() -> None:
    """Activations are proportional to tokens where attention keeps no map."""
    found = [of(2, placement=replace(PLACEMENT, micro_batch=size)).activations for size in (4, 8)]
    longer = of(2, with_recipe(window=Window(max_length=512))).activations
    assert found[1] == pytest.approx(2 * found[0], rel=1e-6)
    assert longer == pytest.approx(2 * found[0], rel=1e-6)


def test_checkpointing_keeps_far_less() -> None:
    """The input of each layer, and one layer whole."""
    assert of(2, placement=replace(PLACEMENT, checkpointing=True)).activations < of(2).activations / 5


def test_lora_trains_a_hundredth() -> None:
    """Query and value of rank 8: gradients and optimizer states of 0.8 million parameters and a head."""
    adapted = with_recipe(lora=LoRA(8, 16.0))
    whole, small = of(0), of(0, adapted)
    assert counts(adapted).trained - 24 * 2 * 8 * 2048 == counts(PHASE).trained - 558_840_832
    assert small.gradients + small.optimizer < (whole.gradients + whole.optimizer) / 100
    assert small.parameters == pytest.approx(whole.parameters, rel=0.01)


def test_lora_in_the_last_layers_keeps_activations_there_alone() -> None:
    """Nothing has a gradient below the lowest adapter."""
    everywhere, last = (of(2, with_recipe(lora=LoRA(8, 16.0, last_layers=n))).activations for n in (None, 4))
    assert last < everywhere / 3


def test_offload_moves_states_to_the_host_and_to_nvme() -> None:
    """What leaves the accelerator is found there."""
    held = of(3)
    host = of(3, offload_optimizer={"device": "cpu"})
    both = of(3, offload_optimizer={"device": "cpu"}, offload_param={"device": "cpu"})
    nvme = of(3, offload_optimizer={"device": "nvme"})
    assert (host.optimizer, host.gradients, both.parameters) == (0, 0, 0)
    assert host.accelerator < held.accelerator - held.optimizer
    assert host.host > held.optimizer + held.gradients
    assert both.host >= host.host + held.parameters
    assert nvme.nvme == held.optimizer + held.gradients


def test_stage_1_keeps_gradients_where_they_come() -> None:
    """Only the optimizer is partitioned, hence offloaded."""
    assert of(1, offload_optimizer={"device": "cpu"}).gradients == of(1).gradients


def test_masked_language_modelling_pays_for_logits() -> None:
    """In bf16 and fp32, of each masked position over the vocabulary."""
    masked = replace(PHASE, data=(replace(PAIRS, format="mlm", labels=()),))
    positions = round(4 * 256 * 0.15)
    assert of(2, masked).activations - of(2).activations > positions * 250_002 * 10


@pytest.mark.parametrize(("largest", "beside"), [(100, 0), (101, 100), (300, 200), (800, 700)])
def test_gradients_of_embeddings_stay_whole_where_a_part_of_them_is_updated(largest: int, beside: int) -> None:
    """Of 800 parameters on 8, the process that updates the end of the first tensor holds all before it."""
    engine = Engine(Counts(800, 0, largest), "bf16", zero(options(2)), 8, True, False, False)
    assert spread(engine) == 2 * beside


def test_hpz_keeps_a_second_copy_inside_a_node() -> None:
    """Of all parameters, between the processes of a node."""
    extra = of(3, zero_hpz_partition_size=8).buffers - of(3).buffers
    assert extra == 2 * counts(PHASE).all // 8


def test_evaluation_has_weights_and_no_more_states() -> None:
    """In the precision that it computes in; partitioned at stage 3."""
    read = Evaluate(PHASE, PAIRS, precision="bf16")
    assert (of(0, read).gradients, of(0, read).optimizer) == (0, 0)
    assert of(0, read).parameters == 2 * counts(read).frozen
    assert of(3, read).parameters == pytest.approx(of(0, read).parameters / 8, rel=1e-6)


def test_ten_thousand_phases_take_about_half_a_second() -> None:
    """Plans ask for the memory of every kind of phase under every strategy."""
    phases = [with_recipe(seed=seed) for seed in range(10_000)]
    began = time.process_time()
    for phase in phases:
        of(3, phase)
    assert time.process_time() - began < 2.0, "a busy host is slower"
