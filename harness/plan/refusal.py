"""What to say where a phase fits nowhere on a cluster: what is short, and which smallest changes make it fit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from harness.plan.candidates import Strategies, settings
from harness.plan.counts import counts
from harness.plan.memory import memory
from harness.plan.placement import Setting, cut, placed
from harness.plan.room import GB, Shortage, room
from harness.plan.search import most, numbers, search
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained
from harness.spec.phase import Evaluate, Train, architecture, origin
from harness.spec.recipe import LoRA

MOST_NODES = 1024
SHORTEST = 32  # tokens; what does not fit so is not saved by shorter ones
Fits = Callable[[Train | Evaluate, Cluster], bool]


@dataclass(frozen=True)
class Tightest:
    """The setting that comes nearest to fitting, and what is short there."""

    setting: Setting
    accelerators: int
    short: Shortage


def refusal(phase: Train | Evaluate, cluster: Cluster, known: Strategies, named: str | None) -> HarnessError:
    """The sentence for a phase that fits nowhere under the strategy that is `named`, or any of those `known`."""
    strategies = {named: known[named]} if named else known
    changes = list(_changes(phase, cluster, lambda other, on: search(other, on, strategies) is not None))
    if named and (other := search(phase, cluster, known)):
        changes.insert(0, f"strategy {other.strategy}")
    fits = f"fits with {_or(changes)}" if changes else "no more nodes, LoRA, bf16 or shorter window makes it fit"
    return HarnessError(f"{_name(phase)}: {_short(phase, cluster, strategies)}; {fits}")


def _short(phase: Train | Evaluate, cluster: Cluster, strategies: Strategies) -> str:
    parts = [cluster.part(number) for number in numbers(phase, cluster)]
    tried = [_tight(phase, setting) for part in parts for setting in settings(phase, part, strategies)]
    if not tried:
        raise HarnessError(f"cluster '{cluster.name}': no memory strategy can be used on it")
    found = min(tried, key=lambda each: (each.short.ratio, each.accelerators))
    how = f"{found.setting.strategy}{' with checkpointing' if found.setting.checkpointing else ''}"
    wanted, there = (_gigabytes(size) for size in (found.short.wanted, found.short.there))
    shared = found.short.of_node and found.accelerators < cluster.processes_per_node
    part = ", its share of the node's" if shared else ""
    return f"needs {wanted} {found.short.kind} at {how} on {found.accelerators}, which has {there}{part}"


def _gigabytes(size: float) -> str:
    return f"{size / GB:,.0f} GB" if size >= 1000 * GB else f"{size / GB:.3g} GB"


def _tight(phase: Train | Evaluate, setting: Setting) -> Tightest:
    """With the smallest micro-batch, or with the largest where this keeps no gradients between several."""
    largest, there = placed(phase, setting), room(setting.cluster)
    needed = [memory(phase, each, setting.options) for each in (cut(largest, 1), largest)]
    short = min((there.shortages(each)[0] for each in needed), key=lambda each: each.ratio)
    return Tightest(setting, setting.cluster.world_size, short)


def _changes(phase: Train | Evaluate, cluster: Cluster, fits: Fits) -> Iterator[str]:
    """What makes it fit, one change at a time, the least of each kind."""
    if more := _more_accelerators(phase, cluster, fits):
        yield more
    if isinstance(phase, Evaluate):
        budget = cluster.token_budget // 2
        while budget >= phase.window.max_length and not fits(phase, replace(cluster, token_budget=budget)):
            budget //= 2
        if budget >= phase.window.max_length:
            yield f"token_budget {budget}"
        return
    recipe = phase.recipe
    if recipe.lora is None and fits(replace(phase, recipe=replace(recipe, lora=LoRA(8, 16))), cluster):
        yield "LoRA"
    if recipe.precision == "fp32" and fits(replace(phase, recipe=replace(recipe, precision="bf16")), cluster):
        yield "precision bf16"
    length = recipe.window.max_length // 2
    while length >= SHORTEST:
        if fits(replace(phase, recipe=replace(recipe, window=replace(recipe.window, max_length=length))), cluster):
            yield f"window.max_length {length}"
            return
        length //= 2


def _more_accelerators(phase: Train | Evaluate, cluster: Cluster, fits: Fits) -> str | None:
    """The fewest nodes, with a batch that all of them can share where this one cannot be."""
    nodes = cluster.nodes
    while nodes <= MOST_NODES:
        number = nodes * cluster.processes_per_node
        other = _dealt_to(phase, number)
        if isinstance(other, Train) and number > most(other):
            return None
        if fits(other, replace(cluster, nodes=nodes, accelerators_per_phase=number)):
            batch = f" and batch size {other.recipe.batch_size}" if isinstance(other, Train) and other != phase else ""
            return f"{number} accelerators{batch}"
        nodes *= 2
    return None


def _dealt_to(phase: Train | Evaluate, processes: int) -> Train | Evaluate:
    """`phase` with the next larger global batch that so many processes can share, if they cannot share its own."""
    if isinstance(phase, Evaluate) or phase.recipe.batch_size % processes == 0:
        return phase
    larger = -(-phase.recipe.batch_size // processes) * processes
    return replace(phase, recipe=replace(phase.recipe, batch_size=larger))


def _name(phase: Train | Evaluate) -> str:
    model = origin(phase)
    name = model.hub_id if isinstance(model, Pretrained) else architecture(phase).family
    return f"{name} of {counts(phase).all / 1e9:.3g}B parameters"


def _or(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
