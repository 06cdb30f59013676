"""What fits nowhere is refused in one sentence, whose changes really make it fit."""

import re
from dataclasses import replace

import pytest

from harness.plan.choice import choose
from harness.spec.cluster import Cluster, Hardware
from harness.spec.errors import HarnessError
from harness.spec.phase import Train
from harness.spec.recipe import LoRA, Window
from tests.unit.plan.places import GIANT, LARGE, STRATEGIES, XXL, node, train

A100 = Hardware("a100_sxm_40gb", 500.0)


def refused(phase: Train, cluster: Cluster, named: str | None = None) -> str:
    with pytest.raises(HarnessError) as error:
        choose(phase, cluster, STRATEGIES, named)
    return str(error.value)


def fits(phase: Train, cluster: Cluster, named: str | None = None) -> bool:
    try:
        choose(phase, cluster, STRATEGIES, named)
    except HarnessError:
        return False
    return True


def test_it_says_what_is_short_and_every_change_it_names_makes_it_fit() -> None:
    phase, cluster = train(GIANT, 512), node(hardware=A100)
    said = refused(phase, cluster)
    assert re.search(
        r"made/model of 176B parameters: needs [\d,]+ GB of .+ at \w+.* on \d+, which has [\d,]+ GB; ", said
    )
    number = re.search(r"fits with (\d+) accelerators", said)
    assert number is not None
    assert "LoRA" in said
    assert fits(phase, node(int(number[1]) // 8, hardware=A100))
    assert not fits(phase, node(int(number[1]) // 16, hardware=A100))
    assert fits(replace(phase, recipe=replace(phase.recipe, lora=LoRA(8, 16))), cluster)


def test_a_shorter_window_is_the_longest_that_fits() -> None:
    cluster = node(processes=1, hardware=A100)
    phase = train(LARGE, 8, window=Window(2**19))
    said = refused(phase, cluster)
    length = re.search(r"window\.max_length (\d+)", said)
    assert length is not None
    shorter = int(length[1])
    for tokens, there in ((shorter, True), (2 * shorter, False)):
        assert fits(replace(phase, recipe=replace(phase.recipe, window=Window(tokens))), cluster) is there


def test_half_the_precision_and_a_batch_for_all_processes_are_named() -> None:
    cluster = node(hardware=replace(A100, host_memory_gb=250.0))
    said = refused(train(XXL, 6), cluster)
    assert "batch size 8" in said
    assert fits(train(XXL, 8), cluster)


def test_another_strategy_is_named_where_the_sweeps_own_does_not_fit() -> None:
    said = refused(train(XXL, 64), node(hardware=A100), "zero1")
    found = re.search(r"strategy (\w+)", said)
    assert found is not None
    assert fits(train(XXL, 64), node(hardware=A100), found[1])


def test_small_sizes_are_not_rounded_away_and_a_part_of_a_node_says_so() -> None:
    cluster = node(hardware=Hardware("a10", 0.4), accelerators_per_phase=2)
    assert re.search(
        r"needs [1-9]\d*(\.\d+)? GB of host memory at .+ on 2, which has 0\.1 GB, its share of the node's; ",
        refused(train(XXL, 8), cluster, "zero3_offload"),
    )


def test_what_no_change_helps_says_so() -> None:
    tiny = node(processes=1, hardware=Hardware("a10", 1.0, memory_gb=0.5))
    assert "no more nodes, LoRA, bf16 or shorter window makes it fit" in refused(train(batch_size=1), tiny)
