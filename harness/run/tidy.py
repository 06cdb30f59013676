"""What `harness gc` lists and, asked to, removes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.files.layout import damaged
from harness.plan.dag import Plan, plan
from harness.run.check import at_hand, published
from harness.run.study import open_study
from harness.run.upkeep import collect, leftovers, size
from harness.spec.errors import HarnessError


def tidied(runs: Path, needed: Plan | None, weights: bool, remove: bool) -> Iterator[str]:
    """Name the leftovers below `runs` with their sizes, and remove them if `remove` says so."""
    yield from damaged(runs)
    found = leftovers(runs, needed, weights)
    for path in found:
        yield f"{path.relative_to(runs)}  {size(path) / 2**20:.1f} MiB"
    if remove:
        collect(runs, needed, weights)
    elif found:
        yield "nothing was removed; add --yes to remove these"


def still_needed(sweeps: Sequence[Path], data: Path | None, runs: Path) -> Plan:
    """Every phase that `sweeps` still ask for; raises HarnessError where their ids are provisional."""
    if not sweeps:
        raise HarnessError("--orphans removes what no sweep asks for; name the sweep files that still count")
    needed: Plan = ()
    for sweep in sweeps:
        asked = plan(open_study(sweep, data, runs).evaluations)
        if not at_hand(asked):
            raise HarnessError(
                f"{sweep}: some of its data are not at hand, so its phases cannot be told from orphans; "
                "name the data folder with --data"
            )
        for model in published(asked):
            model.pinned()
        needed += asked
    return needed
