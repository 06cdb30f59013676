"""Why a phase runs where it does, in words: how full it is, what a lighter way lacks, why not on fewer accelerators."""

from collections.abc import Iterator

from harness.plan.memory.room import GB, gigabytes, room
from harness.plan.places.candidates import Strategies, settings, tightest
from harness.plan.places.placement import Choice, Setting
from harness.spec.cluster import Cluster
from harness.spec.phase import Evaluate, Train


def how(choice: Choice, cluster: Cluster) -> str:
    """What, on how many, and how full."""
    memory, own = choice.memory, room(cluster)
    checkpointing = " with checkpointing" if choice.placement.checkpointing else ""
    full = f"states {memory.states / GB:.1f} GB of {memory.accelerator / GB:.1f} GB, {own.accelerator / GB:g} GB there"
    return f"{choice.strategy}{checkpointing} on {choice.accelerators}: {full}"


def against_lighter(phase: Train | Evaluate, part: Cluster, strategies: Strategies, choice: Choice) -> str:
    """What the next lighter way lacks on `part`, or that it is slower, or that there is none."""
    if len(strategies) == 1:
        return "the strategy that the sweep names"
    lighter = list(_before(settings(phase, part, strategies), choice))
    short = [(each, found) for each in lighter if (found := tightest(phase, each)).ratio > 1]
    if short:
        setting, found = short[-1]
        return f"{_named(setting)} would need {gigabytes(found.wanted)} {found.kind}, of {gigabytes(found.there)}"
    return f"faster than {_named(lighter[-1])}" if lighter else "the lightest way"


def against_fewer(fewer: Choice | None, cluster: Cluster) -> str:
    """Why not on fewer accelerators; `fewer` are the fewest that would hold it, where more were taken."""
    if cluster.accelerators_per_phase is not None:
        return "as many accelerators as the cluster's file says"
    if fewer is None:
        return "the fewest accelerators that hold it"
    checkpointing = " and checkpointing" if fewer.placement.checkpointing else ""
    held = f"{fewer.accelerators} would hold it with {fewer.strategy}{checkpointing}"
    return f"{held}, in about as many accelerator-hours or more"


def _before(every: Iterator[Setting], choice: Choice) -> Iterator[Setting]:
    for setting in every:
        if (setting.strategy, setting.checkpointing) == (choice.strategy, choice.placement.checkpointing):
            return
        yield setting


def _named(setting: Setting) -> str:
    return f"{setting.strategy}{' with checkpointing' if setting.checkpointing else ''}"
