"""The bill of a sweep on its cluster: its phases added up kind by kind and in all, and what sharing them saves."""

from collections import Counter
from collections.abc import Iterable, Mapping

from harness.plan.bill import Amount, Bill, Kind, Line, Sharing, added
from harness.plan.costs.estimates import Estimate
from harness.plan.places.placement import Choice
from harness.plan.storage import storage
from harness.run.bill.billed import Billed, Biller, watts_of
from harness.run.bill.rates import RatesOf
from harness.run.placing import Places
from harness.run.store import States
from harness.run.study import Work
from harness.spec.identity import identity
from harness.spec.phase import lineage

Placed = Mapping[str, tuple[Choice, Estimate | None]]  # by id


def bill(work: Work, standing: States, placed: Placed, rates: RatesOf, where: Places) -> Bill:
    """The whole bill of `work`, whose phases are `placed` as `where` says."""
    biller = Biller(work, rates)
    billed = {identity(phase): biller.billed(phase, *placed[identity(phase)]) for phase in work.plan}
    left = [billed[key] for key, state in standing.items() if state.status != "done"]
    hardware, node = work.cluster.hardware, work.cluster.processes_per_node
    assert hardware is not None
    store = storage(work.plan, where.sizes, where.parts, work.study.sweep.keep == "all")
    return Bill(
        cluster=work.cluster.name,
        accelerators=work.cluster.world_size,
        rates="; ".join(sorted(biller.sources))
        or f"no rate of '{hardware.device}' is known, so no times: run `harness doctor`",
        currency=hardware.currency,
        price=hardware.price,
        watts=watts_of(work.cluster),
        lines=_lines(billed),
        total=_sum(billed.values()),
        left=_sum(left),
        sharing=_sharing(work, billed),
        storage=store,
        excess=store.excess(hardware.disk_gb, hardware.inodes),
        side_by_side=where.at_once,
        phases_per_node_hour=_per_node_hour(left, node),
    )


def _lines(billed: Mapping[str, Billed]) -> tuple[Line, ...]:
    kinds: dict[Kind, dict[str, Billed]] = {}
    for key, each in billed.items():
        if each.kind:
            kinds.setdefault(each.kind, {})[key] = each
    return tuple(_line(kind, tuple(own), list(own.values())) for kind, own in kinds.items())


def _line(kind: Kind, ids: tuple[str, ...], group: list[Billed]) -> Line:
    return Line(
        kind=kind,
        ids=ids,
        amount=_sum(group),
        step=max((each.step for each in group), key=lambda step: step.seconds),
        steps=max(each.steps for each in group),
        bound=next((each.bound for each in group if each.bound), None),
        measured=all(each.measured for each in group),
    )


def _sharing(work: Work, billed: dict[str, Billed]) -> Sharing:
    """By hand, states before the target are trained once; targets and evaluations leaf by leaf."""
    asked: Counter[str] = Counter()
    early: set[str] = set()
    for leaf in work.study.evaluations:
        asked.update(map(identity, (leaf, leaf.tuning) if leaf.tuning else (leaf,)))
        for phase in lineage(leaf):
            asked[identity(phase)] += 1
            if phase.role != "target":
                early.add(identity(phase))
    alone: Counter[Amount] = Counter()
    by_hand: Counter[Amount] = Counter()
    for key, times in asked.items():
        alone[billed[key].amount] += times
        by_hand[billed[key].amount] += 1 if key in early else times
    return Sharing(planned=_sum(billed.values()), by_hand=added(by_hand), alone=added(alone))


def _per_node_hour(left: Iterable[Billed], node: int) -> float | None:
    """Phases that a node finishes in an hour, all of its accelerators at work."""
    timed = _sum(each for each in left if each.amount.hours)
    return timed.phases / (timed.accelerator_hours / node) if timed.accelerator_hours else None


def _sum(every: Iterable[Billed]) -> Amount:
    """Of amounts, of which thousands are one and the same."""
    return added(Counter(each.amount for each in every))
