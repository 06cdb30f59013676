"""Memory strategies made concrete: the cluster's folder on NVMe, the processes of a node, room for a tensor."""

from dataclasses import replace
from typing import Any

import pytest

from harness.catalog import find
from harness.plan.network.size import size
from harness.plan.places.strategies import apart, concrete, offloads, rounds
from harness.spec.cluster import Cluster, Hardware
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.model import Pretrained
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data

NVME = Hardware("h100_sxm", 1000.0, nvme_path="/nvme", nvme_gb=1000.0)
CLUSTER = Cluster("node", processes_per_node=8, hardware=NVME)
MODEL = Pretrained("made/up", 40 * "0", find.model("xlm_r/xxl").architecture)
DATA = Data("toy_senses", 1, "tagging", "train")
TRAIN = Train(MODEL, (DATA,), Recipe(Duration("epochs"), 16, 1e-5, 1), "target")
QUANTISED = replace(TRAIN, recipe=replace(TRAIN.recipe, communication="quantised"))
PLUS_PLUS = {"stage": 3, "zero_quantized_weights": True, "zero_quantized_gradients": True}


def zero(**options: Any) -> dict[str, Any]:
    return {"zero_optimization": {"stage": 3, **options}}


def test_what_needs_nothing_of_the_cluster_stays_as_it_is() -> None:
    plain = zero(overlap_comm=False, offload_optimizer={"device": "cpu"})
    assert concrete(plain, TRAIN, Cluster("plain")) == plain
    assert apart(plain, TRAIN) == plain
    assert offloads(plain, "cpu")
    assert not offloads(plain, "nvme")


def test_nvme_lies_where_the_cluster_says_and_every_phase_has_a_folder_of_its_own() -> None:
    found = concrete(zero(offload_optimizer={"device": "nvme"}), TRAIN, CLUSTER)
    assert found["zero_optimization"]["offload_optimizer"]["nvme_path"] == "/nvme"
    folders = {apart(found, each)["zero_optimization"]["offload_optimizer"]["nvme_path"] for each in (TRAIN, QUANTISED)}
    assert folders == {f"/nvme/{identity(TRAIN)}", f"/nvme/{identity(QUANTISED)}"}


@pytest.mark.parametrize("hardware", [None, Hardware("h100_sxm", 1000.0)])
def test_without_a_folder_on_nvme_it_is_refused(hardware: Hardware | None) -> None:
    with pytest.raises(
        HarnessError, match=r"cluster 'node' names no folder on NVMe to offload to; give hardware.nvme_path"
    ):
        concrete(zero(offload_param={"device": "nvme"}), TRAIN, replace(CLUSTER, hardware=hardware))


def test_a_buffer_holds_a_process_s_part_of_the_largest_tensor() -> None:
    offload = zero(offload_param={"device": "nvme", "buffer_size": 100_000_000})
    largest = size(MODEL.architecture).largest_tensor
    alone = concrete(offload, TRAIN, replace(CLUSTER, processes_per_node=1))["zero_optimization"]["offload_param"]
    many = concrete(offload, TRAIN, replace(CLUSTER, nodes=8))["zero_optimization"]["offload_param"]
    assert (alone["buffer_size"], many["buffer_size"]) == (largest, 100_000_000)
    assert largest > 1_000_000_000


def test_the_second_copy_of_the_parameters_stays_in_a_node() -> None:
    sizes = {share: concrete(zero(zero_hpz_partition_size=share), TRAIN, CLUSTER) for share in ("node", 4)}
    assert [found["zero_optimization"]["zero_hpz_partition_size"] for found in sizes.values()] == [8, 4]
    with pytest.raises(HarnessError, match='is 3, which does not divide its 8 processes per node; say "node"'):
        concrete(zero(zero_hpz_partition_size=3), TRAIN, CLUSTER)


def test_fewer_bits_need_the_recipe_and_are_left_out_where_there_is_none() -> None:
    options = {"zero_optimization": PLUS_PLUS}
    assert concrete(options, QUANTISED, CLUSTER) == options
    assert concrete(options, Evaluate(TRAIN, DATA), CLUSTER) == zero()
    with pytest.raises(HarnessError, match="which changes numbers; say `communication: quantised`"):
        concrete(options, TRAIN, CLUSTER)


def test_stage_0_would_round_updates_in_bf16_and_is_refused() -> None:
    """DeepSpeed has no fp32 masters there: a tiny model's loss was 0.12 off after one update."""
    plain, halved = zero(stage=0), replace(TRAIN, recipe=replace(TRAIN.recipe, precision="bf16"))
    assert rounds(halved, plain)
    assert not rounds(TRAIN, plain)
    assert not rounds(halved, zero(stage=1))
    with pytest.raises(HarnessError, match=r"stage 0 keeps no fp32 copy of bf16 weights.+ name a strategy of stage 1"):
        concrete(plain, halved, CLUSTER)
