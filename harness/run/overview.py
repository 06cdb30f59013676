"""What `harness plan` knows of each phase of a sweep: where it stands, who shares it, what it costs."""

from dataclasses import dataclass
from typing import Literal

from harness.plan.dag import uses
from harness.run.check import at_hand, placement
from harness.run.estimate import counted, model_flops
from harness.run.store import State, Status, states
from harness.run.study import Work
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, slug

Kind = Literal["tokenizer", "pretrain", "intermediate", "target", "evaluate"]


@dataclass(frozen=True)
class Row:
    """One phase; `flops` are model FLOPs, `recorded` or estimated (None: unknown), `used_by` phases read it.

    `batch` is micro-batch, accumulation and world size, whose product is the global batch; None outside training.
    """

    id: str
    slug: str
    kind: Kind
    status: Status
    reason: str
    used_by: int
    flops: int | None
    recorded: bool
    batch: tuple[int, int, int] | None


@dataclass(frozen=True)
class Overview:
    """A sweep before, while or after it is run; ids are `provisional` while some of its data are not at hand."""

    sweep: str
    points: tuple[str, ...]
    provisional: bool
    phases: tuple[Row, ...]


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
            kind=_kind(state.phase),
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
        provisional=not at_hand(work.plan),
        phases=tuple(row(key, state) for key, state in standing.items()),
    )


def _kind(phase: AnyPhase) -> Kind:
    match phase:
        case TrainTokenizer():
            return "tokenizer"
        case Train():
            return phase.role
        case Evaluate():
            return "evaluate"


def _batch(work: Work, phase: AnyPhase) -> tuple[int, int, int] | None:
    if not isinstance(phase, Train):
        return None
    place = placement(work, phase)
    return place.micro_batch, place.accumulation, place.world_size
