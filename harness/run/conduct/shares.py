"""What the conductor launches next, and on which shares of the cluster: weights of phases, and who uses what."""

from collections.abc import Iterable
from functools import partial

from harness.plan.groups import Limits, groups
from harness.run.bill.estimate import model_flops
from harness.run.bill.rows import counted
from harness.run.bill.token_statistics import measured
from harness.run.conduct.claim import Choose
from harness.run.placing import Places, places
from harness.run.study import Work
from harness.spec.cluster import Cluster
from harness.spec.identity import identity
from harness.spec.model import Model, TrainTokenizer
from harness.spec.phase import Train, origin


class Shares:
    """The equal shares of a cluster, numbered from 0; how its phases are grouped for them."""

    def __init__(self, work: Work) -> None:
        placed = places(work)
        self._cluster = placed.cluster
        self._weights = _weights(work, self._cluster.launches)
        self._limits = _limits(work, placed)

    def free(self, used: Iterable[range]) -> set[int]:
        """The numbers of the shares that none of `used` contains."""
        return set(range(self._cluster.launches)).difference(*used)

    def choose(self, free: set[int]) -> Choose:
        """How to pick among the phases that can be run, while these shares are free."""
        return partial(groups, weights=self._weights, shares=self._cluster.launches, free=free, limits=self._limits)

    def given(self, shares: range) -> Cluster:
        """What a launch on these shares runs on; on all of them it has the cluster as it is."""
        if len(shares) == self._cluster.launches:
            return self._cluster
        return self._cluster.share(shares.start, len(shares))


def _limits(work: Work, placed: Places) -> Limits:
    """What runs where it was planned, and what the whole cluster cannot deal out."""
    world = placed.cluster.world_size
    trains = [phase for phase in work.plan if isinstance(phase, Train)]
    undealt = frozenset(identity(phase) for phase in trains if phase.recipe.batch_size % world)
    if placed.cluster.share(0).world_size == world:  # launches that share threads have one world size
        return Limits(small=undealt)
    return Limits(placed.sizes, undealt)


def _weights(work: Work, shares: int) -> dict[str, int]:
    """Model FLOPs of every phase by id, as far as they are known, else their mean over those of the same model.

    FLOPs and not steps or rows, so that models of several sizes and long and short windows compare. With one share
    nothing is weighed, and no row counted.
    """
    if shares == 1:
        return dict.fromkeys(map(identity, work.plan), 1)
    rows = counted(work.data, work.runs)
    lengths = measured(work.data, work.runs)
    flops = {identity(phase): model_flops(phase, rows, lengths) for phase in work.plan}
    models = {identity(phase): None if isinstance(phase, TrainTokenizer) else origin(phase) for phase in work.plan}
    known: dict[Model | None, list[int]] = {}
    for key, each in flops.items():
        if each is not None:
            known.setdefault(models[key], []).append(each)
    means = {model: sum(every) // len(every) for model, every in known.items()}
    return {key: means.get(models[key], 1) if each is None else each for key, each in flops.items()}
