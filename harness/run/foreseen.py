"""How many accelerator-hours each phase of a sweep will take, as its bill says."""

from harness.run.billed import Biller
from harness.run.estimate import Estimates
from harness.run.placing import places
from harness.run.rates import rates
from harness.run.rows import counted
from harness.run.store import states
from harness.run.study import Work
from harness.run.token_statistics import measured
from harness.spec.identity import identity


def foreseen(work: Work) -> dict[str, float]:
    """Accelerator-hours by id, of the phases whose time can be told; none without the cluster's hardware."""
    if work.cluster.hardware is None:
        return {}
    biller = Biller(work, rates(work, states(work.runs, work.plan)))
    estimates = Estimates(counted(work.data, work.runs), measured(work.data, work.runs))
    chosen = places(work).chosen
    found = {}
    for phase in work.plan:
        choice = chosen[identity(phase)]
        amount = biller.billed(phase, choice, estimates.of(phase, choice.placement)).amount
        if not amount.untimed:
            found[identity(phase)] = amount.accelerator_hours
    return found
