"""The least of each kind of change that would make a phase fit where it fits nowhere: each is tried."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil

from harness.plan.places.placement import Choice
from harness.plan.places.search import most
from harness.spec.cluster import Cluster, Hardware
from harness.spec.phase import Evaluate, Train
from harness.spec.recipe import LoRA, Recipe

MOST_NODES, FEW_NODES = 1024, 16
STEP = 32  # tokens between two lengths of a window; what does not fit in so many is not saved by a shorter one
PLENTY = 2**24  # GB
ADAPTED = LoRA(8, 16)

Find = Callable[[Train | Evaluate, Cluster], Choice | None]


def changes(phase: Train | Evaluate, cluster: Cluster, find: Find) -> Iterator[str]:
    """What makes it fit, one change at a time; `find` tells where a phase fits on a cluster."""
    if more := _more_accelerators(phase, cluster, find):
        yield more
    yield from _more_memory(phase, cluster, find)
    if isinstance(phase, Evaluate):
        if phase.precision == "fp32" and find(replace(phase, precision="bf16"), cluster):
            yield "precision bf16"
        budget = _longest(cluster.token_budget, lambda tokens: find(phase, replace(cluster, token_budget=tokens)))
        if budget:
            yield f"token_budget {budget}"
        return
    recipe = phase.recipe
    if recipe.lora is None and find(_with(phase, replace(recipe, lora=ADAPTED)), cluster):
        yield f"LoRA of rank {ADAPTED.rank}"
    if recipe.precision == "fp32" and find(_with(phase, replace(recipe, precision="bf16")), cluster):
        yield "precision bf16"
    if fewer := _fewer_negatives(phase, cluster, find):
        yield fewer
    if length := _longest(recipe.window.max_length, lambda tokens: find(_cut(phase, tokens), cluster)):
        yield f"window.max_length {length}"


def _cut(phase: Train, tokens: int) -> Train:
    """With windows of so many tokens."""
    return _with(phase, replace(phase.recipe, window=replace(phase.recipe.window, max_length=tokens)))


def _with(phase: Train, recipe: Recipe) -> Train:
    return replace(phase, recipe=recipe)


def _more_accelerators(phase: Train | Evaluate, cluster: Cluster, find: Find) -> str | None:
    """The fewest that share the batch as it is, else the fewest with the next larger batch that they can share."""
    node = cluster.processes_per_node

    def fits(other: Train | Evaluate, number: int) -> bool:
        nodes = max(cluster.nodes, ceil(number / node))
        return find(other, replace(cluster, nodes=nodes, accelerators_per_phase=number)) is not None

    for number in _sharing(phase, cluster):
        if fits(phase, number):
            return f"{number} accelerators"
    if isinstance(phase, Train):
        for number in _numbers(node, FEW_NODES):
            larger = _dealt_to(phase, number)
            if number <= most(larger) and fits(larger, number):
                return f"{number} accelerators and batch size {larger.recipe.batch_size}"
    return None


def _sharing(phase: Train | Evaluate, cluster: Cluster) -> Iterator[int]:
    """How many accelerators can share the batch of a training, or an evaluation."""
    if isinstance(phase, Evaluate):
        yield from _numbers(cluster.processes_per_node, FEW_NODES)
        return
    every = _numbers(cluster.processes_per_node, MOST_NODES)
    yield from (each for each in every if each <= most(phase) and phase.recipe.batch_size % each == 0)


def _numbers(node: int, each_to: int) -> Iterator[int]:
    """Parts of a node, then whole nodes: up to `each_to` one more each time, then twice as many."""
    yield from (part for part in range(1, node) if node % part == 0)
    nodes = 1
    while nodes <= MOST_NODES:
        yield node * nodes
        nodes = nodes + 1 if nodes < each_to else 2 * nodes


def _dealt_to(phase: Train, processes: int) -> Train:
    """`phase` with the next larger global batch that so many processes can share, if they cannot share its own."""
    return _with(phase, replace(phase.recipe, batch_size=ceil(phase.recipe.batch_size / processes) * processes))


def _more_memory(phase: Train | Evaluate, cluster: Cluster, find: Find) -> Iterator[str]:
    """Host memory or NVMe of a node, in whole GB."""
    hardware = cluster.hardware
    assert hardware is not None
    path = hardware.nvme_path or "/nvme"

    def on(changed: Hardware) -> bool:
        return find(phase, replace(cluster, hardware=changed)) is not None

    if gigabytes := _least(lambda size: on(replace(hardware, host_memory_gb=float(size)))):
        yield f"hardware.host_memory_gb {gigabytes}"
    if gigabytes := _least(lambda size: on(replace(hardware, nvme_path=path, nvme_gb=float(size)))):
        yield f"hardware.nvme_gb {gigabytes}{'' if hardware.nvme_path else ' at a hardware.nvme_path'}"


def _least(fits: Callable[[int], bool]) -> int | None:
    """The smallest whole number that fits, where all above it do; None where not even PLENTY does."""
    if not fits(PLENTY):
        return None
    small, enough = 0, PLENTY
    while enough - small > 1:
        middle = (small + enough) // 2
        small, enough = (small, middle) if fits(middle) else (middle, enough)
    return enough


def _fewer_negatives(phase: Train, cluster: Cluster, find: Find) -> str | None:
    """Smaller groups that meet in one softmax, where such groups are what is too large."""
    if all(data.format != "retrieval" for data in phase.data):
        return None
    number = (phase.recipe.negatives or phase.recipe.batch_size) // 2
    while number:
        if find(_with(phase, replace(phase.recipe, negatives=number)), cluster):
            return f"negatives {number}"
        number //= 2
    return None


def _longest(limit: int, fits: Callable[[int], object]) -> int | None:
    """The most tokens below `limit`, in whole STEPs, for which it fits; None where it does for no number of them."""
    if limit <= STEP or not fits(STEP):
        return None
    none, some = ceil(limit / STEP), 1
    while none - some > 1:
        middle = (some + none) // 2
        if fits(middle * STEP):
            some = middle
        else:
            none = middle
    return some * STEP
