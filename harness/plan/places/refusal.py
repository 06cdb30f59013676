"""What to say where a phase fits nowhere on a cluster: what is short, and which smallest changes make it fit."""

from dataclasses import dataclass

from harness.plan.memory.room import Shortage, gigabytes
from harness.plan.network.counts import counts
from harness.plan.places.candidates import Strategies, settings, tightest
from harness.plan.places.changes import changes
from harness.plan.places.placement import Setting
from harness.plan.places.search import numbers, search
from harness.plan.places.strategies import concrete
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained
from harness.spec.phase import Evaluate, Train, architecture, origin


@dataclass(frozen=True)
class Tightest:
    """The setting that comes nearest to fitting, and what is short there."""

    setting: Setting
    accelerators: int
    short: Shortage


def refusal(phase: Train | Evaluate, cluster: Cluster, known: Strategies, named: str | None) -> HarnessError:
    """The sentence for a phase that fits nowhere under the strategy that is `named`, or any of those `known`."""
    strategies = {named: known[named]} if named else known
    found = list(changes(phase, cluster, lambda other, on: search(other, on, strategies)))
    if named and (other := search(phase, cluster, known)):
        found.insert(0, f"strategy {other.strategy}")
    tried = "LoRA, bf16 or shorter window" if isinstance(phase, Train) else "bf16 or smaller token_budget"
    nothing = f"no more accelerators, host memory, NVMe, {tried} by itself makes it fit"
    fits = f"fits with {_or(found)}" if found else nothing
    return HarnessError(f"{_name(phase)}: {_short(phase, cluster, strategies)}; {fits}")


def _short(phase: Train | Evaluate, cluster: Cluster, strategies: Strategies) -> str:
    parts = [cluster.part(number) for number in numbers(phase, cluster)]
    every = [setting for part in parts for setting in settings(phase, part, strategies)]
    tried = [Tightest(each, each.cluster.world_size, tightest(phase, each)) for each in every]
    if not tried:
        for options in strategies.values():
            concrete(options, phase, cluster)  # says why not, where it is named
        raise HarnessError(f"cluster '{cluster.name}': no memory strategy can be used on it")
    found = min(tried, key=lambda each: (each.short.ratio, each.accelerators))
    how = f"{found.setting.strategy}{' with checkpointing' if found.setting.checkpointing else ''}"
    wanted, there = (gigabytes(size) for size in (found.short.wanted, found.short.there))
    shared = found.short.of_node and found.accelerators < cluster.processes_per_node
    part = ", its share of the node's" if shared else ""
    return f"needs {wanted} {found.short.kind} at {how} on {found.accelerators}, which has {there}{part}"


def _name(phase: Train | Evaluate) -> str:
    model = origin(phase)
    name = model.hub_id if isinstance(model, Pretrained) else architecture(phase).family
    return f"{name} of {counts(phase).all / 1e9:.3g}B parameters"


def _or(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
