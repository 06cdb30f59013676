"""What fits nowhere is refused in one sentence, whose changes really make it fit."""

import random
import re
from dataclasses import replace

import pytest

from harness.plan.places.choice import choose
from harness.spec.cluster import Cluster, Hardware
from harness.spec.errors import HarnessError
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import LoRA, Window
from tests.unit.plan.places import DATA, GIANT, H100, LARGE, STRATEGIES, XXL, node, train

A100 = Hardware("a100_sxm_40gb", 500.0)


def refused(phase: Train | Evaluate, cluster: Cluster, named: str | None = None) -> str:
    with pytest.raises(HarnessError) as error:
        choose(phase, cluster, STRATEGIES, named)
    return str(error.value)


def fits(phase: Train | Evaluate, cluster: Cluster, named: str | None = None) -> bool:
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
    assert "no more accelerators, host memory, NVMe, LoRA, bf16 or shorter window by itself makes it fit" in refused(
        train(batch_size=1), tiny
    )


def made(draw: random.Random) -> tuple[Train | Evaluate, Cluster]:
    """A model on a cluster that often is too small for it."""
    processes = draw.choice([1, 2, 3, 4, 6, 8])
    hardware = Hardware(
        draw.choice(["h100_sxm", "a100_sxm_40gb", "a10"]),
        draw.choice([16.0, 64.0, 250.0]),
        nvme_path="/nvme",
        nvme_gb=50.0,
    )
    alone = draw.choice([None, None, *(each for each in range(1, processes + 1) if processes % each == 0)])
    cluster = node(draw.choice([1, 2, 3]), processes, hardware, accelerators_per_phase=alone)
    window = Window(draw.choice([64, 320, 512]))
    recipe = {"precision": draw.choice(["bf16", "fp32"]), "window": window}
    phase = train(draw.choice([LARGE, XXL, GIANT]), draw.choice([1, 6, 24, 64]), **recipe)
    if draw.random() < 0.3:
        return Evaluate(phase, DATA, window, precision=recipe["precision"]), cluster
    return phase, cluster


def changed(phase: Train | Evaluate, cluster: Cluster, change: str) -> tuple[Train | Evaluate, Cluster]:
    """Both as a user would make them."""
    words, number = change.split(), [int(each) for each in re.findall(r"\b\d+\b", change)]
    assert cluster.hardware
    if "accelerators" in words:
        nodes = max(cluster.nodes, -(-number[0] // cluster.processes_per_node))
        there = replace(cluster, nodes=nodes, accelerators_per_phase=number[0])
        return (_with(phase, batch_size=number[1]) if number[1:] else phase), there
    if words[0].startswith("hardware."):
        assert len(words) == 2
        return phase, replace(
            cluster, hardware=replace(cluster.hardware, **{words[0].partition(".")[2]: float(words[1])})
        )
    if words[0] == "token_budget":
        return phase, replace(cluster, token_budget=number[0])
    if words[0] == "LoRA":
        return _with(phase, lora=LoRA(number[0], 16.0)), cluster
    if words[0] == "precision":
        return (
            replace(phase, precision="bf16") if isinstance(phase, Evaluate) else _with(phase, precision="bf16")
        ), cluster
    assert words[0] == "window.max_length"
    return _with(phase, window=Window(number[0])), cluster


def _with(phase: Train | Evaluate, **recipe: object) -> Train:
    assert isinstance(phase, Train)
    return replace(phase, recipe=replace(phase.recipe, **recipe))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_short_every_change_that_is_named_makes_it_fit(seed: int) -> None:
    phase, cluster = made(random.Random(seed))
    if fits(phase, cluster):
        return
    said = refused(phase, cluster)
    if "cannot share it equally" in said:
        return  # its batch is the matter, not memory
    _, fitting, named = said.partition("fits with ")
    assert bool(fitting) != ("by itself makes it fit" in said)
    for change in filter(None, re.split(r", | or ", named)):
        assert fits(*changed(phase, cluster, change)), (change, said)


@pytest.mark.parametrize("seed", range(40))
def test_what_fits_fits_on_more_nodes_and_with_more_memory(seed: int) -> None:
    phase, cluster = made(random.Random(seed))
    hardware = cluster.hardware
    assert hardware
    if cluster.accelerators_per_phase or not fits(phase, cluster):
        return
    more = [replace(cluster, nodes=nodes) for nodes in range(cluster.nodes + 1, 9)]
    roomier = replace(cluster, hardware=replace(hardware, host_memory_gb=2 * hardware.host_memory_gb))
    assert all(fits(phase, other) for other in (*more, roomier))


def test_no_gigabyte_less_than_the_least_would_do_and_a_folder_is_named_where_there_is_none() -> None:
    cluster = node(hardware=replace(H100, host_memory_gb=300.0, nvme_path=None, nvme_gb=None))
    phase, said = train(GIANT, 8), refused(train(GIANT, 8), cluster)
    host, stored = (
        re.search(pattern, said) for pattern in (r"host_memory_gb (\d+)", r"nvme_gb (\d+) at a hardware.nvme_path")
    )
    assert host and stored
    for less, there in ((0, True), (1, False)):
        assert (
            fits(phase, replace(cluster, hardware=replace(cluster.hardware, host_memory_gb=float(host[1]) - less)))
            is there
        )
        nvme = replace(cluster.hardware, nvme_path="/nvme", nvme_gb=float(stored[1]) - less)
        assert fits(phase, replace(cluster, hardware=nvme)) is there
