"""Bytes that a process sends, in units of the model's: what each stage and each way of saving makes of them."""

from dataclasses import replace
from typing import Any

import pytest

from harness.plan.network.counts import counts
from harness.plan.places.traffic import Traffic, traffic
from harness.spec.cluster import Placement
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import LoRA
from tests.unit.plan.test_memory import LARGE, PAIRS, PHASE, options, with_recipe

PLACEMENT = Placement("cuda", 64, 0, "zero", 1, 1, 8192, 600)
P = 2 * counts(PHASE).trained  # bytes in bf16
NOTHING_KEPT = {"stage3_max_reuse_distance": 0}


def of(stage: int, per_node: int = 64, accumulation: int = 1, phase: Train | Evaluate = PHASE, **more: Any) -> Traffic:
    """Traffic at a stage, on one node unless fewer processes share one."""
    placement = replace(PLACEMENT, stage=stage, accumulation=accumulation)
    return traffic(phase, placement, options(stage, **{**NOTHING_KEPT, **more}), per_node)


@pytest.mark.parametrize(("stage", "times"), [(0, 2), (1, 3), (2, 3), (3, 3)])
def test_units_of_the_model(stage: int, times: int) -> None:
    """Over a ring of 64, (N - 1) / N of each."""
    assert of(stage).link == pytest.approx(times * P * 63 / 64, rel=1e-6)
    assert of(stage).network == 0


@pytest.mark.parametrize(("stage", "times"), [(0, 2), (1, 3), (2, 9), (3, 12)])
def test_accumulation_repeats_what_happens_in_every_micro_batch(stage: int, times: int) -> None:
    """Four micro-batches: stage 2 reduces in each, stage 3 gathers and scatters in each."""
    assert of(stage, accumulation=4).link == pytest.approx(times * P * 63 / 64, rel=1e-6)


def test_one_process_sends_nothing() -> None:
    """It has nobody to send to."""
    alone = replace(PLACEMENT, world_size=1)
    assert traffic(PHASE, alone, options(3), 8) == Traffic()


def test_over_nodes_the_network_carries_one_edge_of_the_ring() -> None:
    """All processes of a node together send there what one sends over its links alone."""
    inside, across = of(3), of(3, per_node=8)
    assert 8 * across.network == pytest.approx(inside.link, rel=1e-6)
    assert across.link == pytest.approx(inside.link * 7 / 8, rel=1e-6)


def test_what_is_kept_gathered_is_not_gathered_again() -> None:
    """A model below half of the reuse distance sends 2 P."""
    assert of(3, stage3_max_reuse_distance=2 * 10**9).link == pytest.approx(2 * P * 63 / 64, rel=1e-6)


def test_hpz_gathers_backward_inside_a_node() -> None:
    """A third less goes over the network."""
    plain, secondary = of(3, per_node=8), of(3, per_node=8, zero_hpz_partition_size=8)
    assert secondary.network == pytest.approx(plain.network * 2 / 3, rel=1e-5)
    assert secondary.link > plain.link * 2 / 3


def test_zero_plus_plus_sends_a_quarter_over_the_network() -> None:
    """Its abstract: 0.75 P in place of 3 P, half of it gathered forward, none backward, a quarter scattered."""
    together: dict[str, Any] = {
        "zero_hpz_partition_size": 8,
        "zero_quantized_weights": True,
        "zero_quantized_gradients": True,
    }
    found = of(3, per_node=8, **together).network
    assert 8 * found == pytest.approx(P * (63 / 64 / 2 + 7 / 8 / 4), rel=1e-5)
    assert found == pytest.approx(of(3, per_node=8).network / 4, rel=0.05)


def test_frozen_weights_are_gathered_but_have_no_gradients() -> None:
    """LoRA sends 2 P and its adapters."""
    adapted = with_recipe(lora=LoRA(8, 16.0))
    small = counts(adapted).trained
    assert of(3, phase=adapted).link == pytest.approx((4 * counts(adapted).all + 2 * small) * 63 / 64, rel=1e-6)
    assert of(0, phase=adapted).link == pytest.approx(4 * small * 63 / 64, rel=1e-6)


def test_offload_goes_over_pcie_and_nvme() -> None:
    """A gradient down and a parameter up of each partition; states of 16 bytes are read and written."""
    host, nvme = (of(3, offload_optimizer={"device": device}) for device in ("cpu", "nvme"))
    both = of(3, offload_optimizer={"device": "cpu"}, offload_param={"device": "cpu"})
    assert host.pcie == pytest.approx(2 * P / 64, rel=1e-6)
    assert host.nvme == 0
    assert nvme.nvme == pytest.approx(16 * P / 64, rel=1e-6)
    assert both.pcie == pytest.approx(4 * P / 64, rel=1e-6)


def test_an_evaluation_gathers_once() -> None:
    """Weights in fp32, at stage 3 alone."""
    read = Evaluate(PHASE, PAIRS)
    assert of(0, phase=read) == Traffic()
    assert of(3, phase=read).link == pytest.approx(4 * counts(read).frozen * 63 / 64, rel=1e-6)
    assert counts(read).frozen > LARGE.vocabulary * LARGE.hidden
