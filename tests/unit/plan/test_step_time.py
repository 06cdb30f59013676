"""The time of a step in its parts, and how fast an accelerator is taken to be."""

from dataclasses import replace

import pytest

from harness.plan.network.size import size
from harness.plan.places.choice import choose
from harness.plan.places.placement import Choice
from harness.plan.places.rates import ASSUMED, Peak, Rates, assumed, calibrated, of_ceiling, with_overhead
from harness.plan.places.roofline import ADAM_BYTES
from harness.plan.places.search import step_flops
from harness.plan.places.step_time import StepTime, step_time
from harness.spec.cluster import Cluster
from harness.spec.phase import Evaluate
from tests.unit.plan.places import DATA, H100, LARGE, STRATEGIES, node, train

RATES = Rates(flops=4e14, bandwidth=2e12, source="made", peak=Peak(1e15, 2.5e12))
PHASE = train(LARGE, 64)
READ = Evaluate(PHASE, DATA)


def timed(strategy: str, cluster: Cluster, rates: Rates = RATES, flops: float = 1e15) -> tuple[StepTime, Choice]:
    choice = choose(PHASE, cluster, STRATEGIES, strategy)
    return step_time(PHASE, flops, choice, cluster.part(choice.accelerators), rates), choice


def on(number: int, nodes: int = 1) -> Cluster:
    return node(nodes, accelerators_per_phase=number)


def test_compute_is_flops_over_what_all_accelerators_achieve() -> None:
    assert timed("zero1", on(1))[0].compute == pytest.approx(1e15 / 4e14)
    assert timed("zero1", on(8))[0].compute == pytest.approx(1e15 / 4e14 / 8)


def test_a_tiny_batch_cannot_be_faster_than_its_weights_are_read() -> None:
    time, choice = timed("zero1", on(1), flops=1.0)
    parameters, looked_up = choice.memory.parameters, 2 * size(LARGE).embeddings  # one bf16 copy of each
    assert time.compute == pytest.approx((3 * parameters - 2 * looked_up) / 2e12)


def test_the_optimizer_touches_each_parameter_once_and_zero_1_shares_it_out() -> None:
    alone, choice = timed("zero1", on(1))
    assert alone.optimizer == pytest.approx(ADAM_BYTES * choice.memory.parameters / 2 / 2e12)
    assert timed("zero1", on(8))[0].optimizer == pytest.approx(alone.optimizer / 8)


def test_one_accelerator_talks_to_nobody_and_offload_takes_its_own_time() -> None:
    alone, _ = timed("zero3", on(1))
    assert (alone.communication, alone.offload) == (0.0, 0.0)
    offloaded, _ = timed("zero3_offload", on(1))
    assert offloaded.offload > 0.0
    assert offloaded.optimizer == 0.0
    assert offloaded.seconds > alone.seconds


def test_between_nodes_the_network_decides() -> None:
    slow = replace(H100, network_gb_s=10.0)
    fast, _ = timed("zero3", on(16, nodes=2))
    slower, _ = timed("zero3", node(2, hardware=slow, accelerators_per_phase=16))
    assert slower.communication > 10 * fast.communication


def test_each_micro_batch_whose_layers_are_gathered_has_its_overhead() -> None:
    slow = replace(RATES, overhead=0.01)
    alone, plain = timed("zero3", on(1), slow)[0], timed("zero1", on(8), slow)[0]
    assert (alone, plain) == (timed("zero3", on(1))[0], timed("zero1", on(8))[0])
    choice = choose(PHASE, on(8), STRATEGIES, "zero3")
    many = replace(choice, placement=replace(choice.placement, micro_batch=1, accumulation=8))
    for each in (choice, many):
        quick, told = (step_time(PHASE, 1e15, each, on(8), rates) for rates in (RATES, slow))
        assert told.seconds - quick.seconds == pytest.approx(0.01 * each.placement.accumulation)
        reading = step_time(READ, 1e15, each, on(8), RATES)
        assert step_time(READ, 1e15, each, on(8), slow) == reading
    assert with_overhead(RATES, 5.0, 3.0, 10).overhead == pytest.approx(0.2)
    assert with_overhead(RATES, 3.0, 5.0, 10).overhead == 0.0


def test_what_is_assumed_says_so_and_what_was_measured_comes_from_finished_phases() -> None:
    found = assumed(node(), "bf16")
    assert found is not None
    assert found.flops == pytest.approx(ASSUMED * 989.4e12)
    assert found.source.startswith("assumed: 40% of h100_sxm's 989 dense TFLOP/s in bf16")
    assert assumed(Cluster("local"), "fp32") is None
    assert of_ceiling(1e11, 2e10).flops == ASSUMED * 1e11
    seen = calibrated(found, 1e15, 10.0, 2.0, "2 finished phases")
    assert seen.flops == 1e15 / 8
    assert "2 finished phases" in seen.source
    assert calibrated(found, 1e15, 10.0, 9.0, "1 finished phase").flops == 1e15 / 5


def test_a_steps_flops_are_those_of_full_windows() -> None:
    choice = choose(PHASE, on(1), STRATEGIES, "zero1")
    again = replace(choice, placement=replace(choice.placement, checkpointing=True))
    assert 1.2 < step_flops(PHASE, again) / step_flops(PHASE, choice) <= 4 / 3
    tokens, weights = 64 * 128, 24 * 12 * 1024**2
    assert step_flops(PHASE, choice) == pytest.approx(6 * tokens * weights, rel=0.05)
