"""What must hold before anything is launched: every batch can be made, every file is at hand."""

from collections.abc import Iterator
from pathlib import Path

from harness.catalog import find
from harness.plan.dag import Plan
from harness.plan.placement import place
from harness.run.child import devices
from harness.run.study import Work
from harness.spec.cluster import Cluster, Placement
from harness.spec.errors import HarnessError
from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, slug
from harness.spec.task import Data


def check(work: Work) -> None:
    """Raise HarnessError if a phase of `work` could not be run: its batch size, its data, the cluster."""
    if work.cluster.nodes > 1:
        cluster = work.cluster
        raise HarnessError(f"cluster '{cluster.name}': {cluster.nodes} nodes, but phases run on one host; set nodes: 1")
    if work.cluster.accelerator == "cuda":
        devices(work.cluster)  # of the whole cluster: a share may find its own where another finds too few
    for phase in work.plan:
        placement(work, phase, work.cluster)  # what the whole cluster can make, an equal share of it can make, too
    for phase in work.plan:
        for data in read_by(phase):
            _check_data(data, work.data)


def placement(work: Work, phase: AnyPhase, cluster: Cluster) -> Placement:
    """Where `phase` runs on `cluster`, or on the share of one that it is.

    Raises HarnessError, naming the phase, for a batch size that the processes cannot make.
    """
    folder = str(work.data) if work.data else None
    try:
        return place(phase, cluster, work.study.sweep.strategy, work.strategy, folder)
    except HarnessError as error:
        raise HarnessError(f"{work.study.sweep.name}: {slug(phase)}: {error}") from error


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
