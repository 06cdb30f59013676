"""`--max-accelerator-hours`: the limit, with what phases will take as their bill says, and what is told at it."""

import math

from harness.run.bill.billed import Biller
from harness.run.bill.estimate import Estimates
from harness.run.bill.rates import rates
from harness.run.bill.rows import counted
from harness.run.bill.token_statistics import measured
from harness.run.conduct.held import held, hours
from harness.run.conduct.ledger import Limit
from harness.run.placing import places
from harness.run.store import States, states
from harness.run.study import Work
from harness.spec.errors import HarnessError
from harness.spec.identity import identity


def limit(work: Work, allowed: float | None) -> Limit | None:
    """The limit of so many hours, None where there is none; raises HarnessError for a number that cannot be."""
    if allowed is None:
        return None
    if not 0 < allowed < math.inf:
        raise HarnessError(f"--max-accelerator-hours is {allowed}, but it should be greater than 0, such as 100")
    return Limit(allowed, foreseen(work))


def reached(work: Work, allowed: float, standing: States) -> str:
    """What was spent, what is left to do, and how to go on."""
    spent = f"the launches of {work.runs} have held {hours(held(work.runs)):.3g}"
    left = sum(state.status != "done" for state in standing.values())
    on = "nothing finished is lost, the same command with a higher limit goes on from here"
    told = f"{spent}; {left} of {len(standing)} phases are left; {on}"
    return f"--max-accelerator-hours {allowed:g} is reached: {told}"


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
