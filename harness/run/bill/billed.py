"""One phase on the bill: placed on the cluster, estimated, timed and priced."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from math import ceil

from harness.analysis.spending.usage import stage
from harness.catalog import accelerators
from harness.plan.bill import Amount, Kind
from harness.plan.costs.estimates import Estimate
from harness.plan.network.counts import counts
from harness.plan.places.placement import Choice
from harness.plan.places.roofline import roofline
from harness.plan.places.step_time import StepTime, step_time
from harness.plan.places.strategies import offloaded
from harness.run.bill.rates import RatesOf
from harness.run.study import Work
from harness.spec.cluster import Cluster
from harness.spec.identity import identity
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, lineage, slug

HOUR = 3600.0


@dataclass(frozen=True)
class Billed:
    """One phase on the bill; `kind` is None for a tokenizer, which takes one process a few seconds."""

    kind: Kind | None
    amount: Amount
    step: StepTime
    steps: int
    measured: bool
    bound: str | None = None


class Biller:
    """Bills phases one by one; phases that are placed alike and take as much are billed once.

    `sources` say whence the rates are that it used.
    """

    def __init__(self, work: Work, rates: RatesOf) -> None:
        self._work, self._rates = work, rates
        self.sources: set[str] = set()
        self._names = _models(work)
        self._known: dict[Hashable, Billed] = {}

    def billed(self, phase: AnyPhase, chosen: Choice, found: Estimate | None) -> Billed:
        """One phase, as it is placed and estimated."""
        if isinstance(phase, TrainTokenizer):
            return Billed(None, Amount(phases=1), StepTime(), 0, measured=True)
        name = self._names[identity(phase)]
        alike = (id(chosen), found, name, stage(phase), slug(phase))  # choices are kept, one for each kind
        if alike not in self._known:
            self._known[alike] = self._billed(phase, chosen, found, _kind(phase, chosen, name))
        return self._known[alike]

    def _billed(self, phase: Train | Evaluate, chosen: Choice, found: Estimate | None, kind: Kind) -> Billed:
        rates = self._rates(phase, chosen.accelerators)
        self.sources.update([rates.source] if rates else [])
        if found is None:
            return Billed(kind, Amount(phases=1, unknown=1, untimed=1), StepTime(), 0, measured=False)
        steps = found.cost.steps if isinstance(phase, Train) else ceil(found.batches / chosen.accelerators)
        amount = Amount(phases=1, model=found.cost.model, hardware=found.cost.hardware)
        if rates is None:
            return Billed(kind, replace(amount, untimed=1), StepTime(), steps, found.measured)
        flops = _of_step(phase, found, chosen)
        step = step_time(phase, flops, chosen, self._work.cluster.part(chosen.accelerators), rates)
        hours = steps * step.seconds / HOUR
        taken = replace(amount, hours=hours, accelerator_hours=hours * chosen.accelerators)
        bound = roofline(phase, flops, chosen.placement, rates.peak).bound
        return Billed(kind, taken, step, steps, found.measured, bound)


def watts_of(cluster: Cluster) -> float | None:
    """Watts of an accelerator: as the cluster's file says, with its share of the node, else of the device alone."""
    hardware = cluster.hardware
    device = accelerators.device(hardware.device) if hardware else None
    return (hardware and hardware.watts) or (device.watts if device else None)


def _kind(phase: Train | Evaluate, chosen: Choice, name: str) -> Kind:
    count, place = counts(phase), chosen.placement
    return Kind(
        model=name,
        stage=stage(phase),
        slug=slug(phase),
        parameters=count.all,
        trained=count.trained if isinstance(phase, Train) else 0,
        accelerators=chosen.accelerators,
        strategy=chosen.strategy,
        zero_stage=place.stage,
        offload=offloaded(chosen.options),
        checkpointing=place.checkpointing,
        batch=(place.micro_batch, place.accumulation),
        memory=chosen.memory,
        why=chosen.why,
    )


def _of_step(phase: Train | Evaluate, found: Estimate, chosen: Choice) -> float:
    """Hardware FLOPs of a step, or of a round of an evaluation: a batch on every process, as if none were left over."""
    if isinstance(phase, Train):
        return found.cost.hardware / max(1, found.cost.steps)
    return found.cost.hardware / max(1, found.batches) * chosen.accelerators


def _models(work: Work) -> dict[str, str]:
    """What the sweep calls the model of each phase, by id; all names, where models agree so far."""
    names: dict[str, dict[str, None]] = {}
    for point in work.study.points:
        for leaf in point.evaluations:
            for phase in (leaf, *([leaf.tuning] if leaf.tuning else []), *_stages(leaf)):
                names.setdefault(identity(phase), {})[point.at.model] = None
    return {key: " = ".join(found) for key, found in names.items()}


def _stages(leaf: Evaluate) -> Iterable[Train]:
    """The stages of a lineage, and those that a control of them matches."""
    for phase in lineage(leaf):
        yield phase
        if phase.matches:
            yield from lineage(phase.matches)
