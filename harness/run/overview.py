"""What `harness plan` knows of each phase of a sweep: where it stands, who shares it, what it costs."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.analysis.usage import Stage, stage
from harness.plan.dag import uses
from harness.plan.study import Study
from harness.run.check import at_hand, placement
from harness.run.estimate import counted, model_flops
from harness.run.shortfalls import short_training_sets
from harness.run.store import State, Status, states
from harness.run.study import Work
from harness.spec.phase import AnyPhase, Train, slug


@dataclass(frozen=True)
class Row:
    """One phase; `flops` are model FLOPs, `recorded` or estimated (None: unknown), `used_by` phases read it.

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
    batch: tuple[int, int, int] | None


@dataclass(frozen=True)
class Overview:
    """A sweep before, while or after it is run; ids are `provisional` while some of its data are not at hand.

    `absent` says which scores no point of a kind can have, `short` which training sets have fewer rows than were
    published. At most `launches` go on at once; where several do, each has
    a `share` of the cluster, in words.
    """

    sweep: str
    points: tuple[str, ...]
    absent: tuple[str, ...]
    short: tuple[str, ...]
    provisional: bool
    phases: tuple[Row, ...]
    launches: int
    share: str


def overview(work: Work) -> Overview:
    """Everything that `harness plan` shows; raises HarnessError for a batch size that the processes cannot make."""
    standing = states(work.runs, work.plan)
    readers = uses(work.plan)
    rows = counted(work.data, work.runs)

    def row(key: str, state: State) -> Row:
        record = None if state.status == "failed" else state.folder.record()
        return Row(
            id=key,
            slug=slug(state.phase),
            kind=stage(state.phase),
            status=state.status,
            reason=state.reason,
            used_by=readers[key],
            flops=record.cost.model if record else model_flops(state.phase, rows),
            recorded=record is not None,
            batch=_batch(work, state.phase),
        )

    return Overview(
        sweep=work.study.sweep.name,
        points=tuple(point.at.label for point in work.study.points),
        absent=tuple(_absent(work.study)),
        short=short_training_sets(work.plan, work.data, rows),
        provisional=not at_hand(work.plan),
        phases=tuple(row(key, state) for key, state in standing.items()),
        launches=work.cluster.launches,
        share=work.cluster.share(0).size,
    )


def _absent(study: Study) -> Iterator[str]:
    """For each control of each model the targets that it cannot have, with the reason, as one sentence."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for at, (task, reason) in ((point.at, each) for point in study.points for each in point.absent):
        found.setdefault((at.control or at.intermediate, at.model, reason), []).append(task)
    for (control, model, reason), tasks in found.items():
        yield f"{control} of {model} will have no score on {', '.join(dict.fromkeys(tasks))}: {reason}"


def _batch(work: Work, phase: AnyPhase) -> tuple[int, int, int] | None:
    if not isinstance(phase, Train):
        return None
    place = placement(work, phase, work.cluster)
    return place.micro_batch, place.accumulation, place.world_size
