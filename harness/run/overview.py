"""What `harness plan` knows of each phase of a sweep: where it stands, who shares it, what it costs."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.analysis.spending.usage import Stage, stage
from harness.plan.bill import Bill
from harness.plan.costs.budget import Bought
from harness.plan.costs.estimates import Estimate
from harness.plan.dag import Plan, uses
from harness.plan.places.placement import Choice
from harness.plan.sweeps.study import Study
from harness.run.bill.billing import bill
from harness.run.bill.budgets import budgets, check_budgets
from harness.run.bill.estimate import Estimates
from harness.run.bill.rates import rates
from harness.run.bill.rows import counted
from harness.run.bill.shortfalls import short_training_sets
from harness.run.bill.token_statistics import measured
from harness.run.check import at_hand, published
from harness.run.placing import Places, places
from harness.run.store import State, Status, states
from harness.run.study import Work
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Train, slug


@dataclass(frozen=True)
class Row:
    """One phase; `flops` are model FLOPs, `recorded` or estimated (None: unknown), `used_by` phases read it.

    An estimate is `measured` where the lengths of its texts are known, and not taken for full windows.

    `batch` is micro-batch, accumulation and world size on the whole cluster, whose product is the global batch; None
    outside training.
    """

    id: str
    slug: str
    kind: Stage
    status: Status
    reason: str
    used_by: int
    flops: int | None
    recorded: bool
    measured: bool
    batch: tuple[int, int, int] | None


@dataclass(frozen=True)
class Overview:
    """A sweep before, while or after it is run; ids are `provisional` while some of its data are not at hand.

    Ids are so, too, for `unpinned` models, whose revision on the hub nobody pinned.

    `absent` says which scores no point of a kind can have, `short` which training sets have fewer rows than were
    published, `budgets` what each FLOP budget buys. At most `launches` go on at once; where several do, each has
    one of the `shares` of the cluster, in words. There is a `bill` where the cluster's hardware is known.
    """

    sweep: str
    points: tuple[str, ...]
    absent: tuple[str, ...]
    short: tuple[str, ...]
    budgets: tuple[Bought, ...]
    provisional: bool
    unpinned: tuple[str, ...]
    phases: tuple[Row, ...]
    launches: int
    shares: tuple[str, ...]
    bill: Bill | None


def overview(work: Work) -> Overview:
    """Everything that `harness plan` shows.

    Raises HarnessError for a batch size that the processes cannot make, and for a FLOP budget below one step.
    """
    standing = states(work.runs, work.plan)
    where = places(work)
    readers = uses(work.plan)
    rows, statistics = counted(work.data, work.runs), measured(work.data, work.runs)
    check_budgets(work.plan, rows, statistics)
    placed = dict(_placed(where, work.plan, Estimates(rows, statistics)))

    def row(key: str, state: State) -> Row:
        record = state.folder.record() if state.recorded else None
        return Row(
            id=key,
            slug=slug(state.phase),
            kind=stage(state.phase),
            status=state.status,
            reason=state.reason,
            used_by=readers[key],
            flops=record.cost.model if record else _model_flops(placed[key][1]),
            recorded=record is not None,
            measured=_is_measured(placed[key][1]),
            batch=_batch(state.phase, placed[key][0]),
        )

    return Overview(
        sweep=work.study.sweep.name,
        points=tuple(point.at.label for point in work.study.points),
        absent=tuple(_absent(work.study)),
        short=short_training_sets(work.plan, work.data, rows),
        budgets=budgets(work.study, rows, statistics),
        provisional=not at_hand(work.plan),
        unpinned=tuple(model.hub_id for model in published(work.plan) if model.revision is None),
        phases=tuple(row(key, state) for key, state in standing.items()),
        launches=where.cluster.launches,
        shares=where.shares,
        bill=bill(work, standing, placed, rates(work, standing), where) if work.cluster.hardware else None,
    )


def _placed(where: Places, plan: Plan, estimates: Estimates) -> Iterator[tuple[str, tuple[Choice, Estimate | None]]]:
    """Where each phase runs and what it will cost, by id."""
    for phase in plan:
        chosen = where.chosen[identity(phase)]
        yield identity(phase), (chosen, estimates.of(phase, chosen.placement))


def _model_flops(found: Estimate | None) -> int | None:
    return found.cost.model if found else None


def _is_measured(found: Estimate | None) -> bool:
    return found is not None and found.measured


def _absent(study: Study) -> Iterator[str]:
    """For each control of each model the targets that it cannot have, with the reason, as one sentence."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for at, (task, reason) in ((point.at, each) for point in study.points for each in point.absent):
        found.setdefault((at.control or at.intermediate, at.model, reason), []).append(task)
    for (control, model, reason), tasks in found.items():
        yield f"{control} of {model} will have no score on {', '.join(dict.fromkeys(tasks))}: {reason}"


def _batch(phase: AnyPhase, chosen: Choice) -> tuple[int, int, int] | None:
    if not isinstance(phase, Train):
        return None
    place = chosen.placement
    return place.micro_batch, place.accumulation, place.world_size
