"""What must hold before anything is launched: every batch can be made, every file is at hand."""

from collections.abc import Iterator
from pathlib import Path

from harness.catalog import find
from harness.plan.dag import Plan
from harness.plan.places.strategies import offloads
from harness.run import launchers
from harness.run.bill.budgets import check_budgets
from harness.run.bill.rows import counted
from harness.run.bill.token_statistics import measured
from harness.run.offload import check_offload
from harness.run.placing import places
from harness.run.study import Work
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained, TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, origin
from harness.spec.task import Data


def check(work: Work) -> None:
    """Raise HarnessError if a phase of `work` could not be run: its model, batch size, budget, data, the cluster."""
    for model in published(work.plan):
        model.pinned()
    launchers.check_cluster(work.cluster)
    placed = places(work).chosen
    check_budgets(work.plan, counted(work.data, work.runs), measured(work.data, work.runs))
    if any(offloads(chosen.options, "nvme") for chosen in placed.values()):
        check_offload(work.cluster)
    for phase in work.plan:
        for data in read_by(phase):
            _check_data(data, work.data)


def published(plan: Plan) -> tuple[Pretrained, ...]:
    """The models of the hub that `plan` begins with; of one that nobody pinned, ids are provisional."""
    roots = (origin(phase) for phase in plan if isinstance(phase, Train | Evaluate))
    return tuple(dict.fromkeys(model for model in roots if isinstance(model, Pretrained)))


def at_hand(plan: Plan) -> bool:
    """Whether all data that `plan` reads are known by their content; without them its ids are provisional."""
    return all(data.at_hand for phase in plan for data in read_by(phase))


def read_by(phase: AnyPhase) -> Iterator[Data]:
    """The sets whose rows `phase` itself reads."""
    match phase:
        case TrainTokenizer():
            sets = phase.text
        case Train():
            sets = phase.data
        case Evaluate():
            sets = (phase.data,)
    for data in sets:
        yield from data.text or (data,)


def _check_data(data: Data, root: Path | None) -> None:
    """Raise the source's own sentence, which names the file and what was expected in it."""
    if data.at_hand:
        return
    try:
        for part in data.parts:
            if part.digest is None:
                next(iter(find.task(data.task).source.rows(root, data.split, part.language)), None)
    except HarnessError as error:
        raise HarnessError(f"task '{data.task}': {error}") from error
    raise HarnessError(f"task '{data.task}': its {data.split} rows are not at hand; name their folder with --data")
