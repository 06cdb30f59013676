"""Upkeep of a run folder: phases to try again, work to stop, leftovers to remove."""

import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from harness.files.layout import PhaseFolder, feature_cache, folders, phases, smoke_folder
from harness.files.lease import Lease, read_lease
from harness.plan.dag import Plan, plan
from harness.run.naming import check_length, with_id
from harness.run.stop import conductors
from harness.run.store import exclusive, reads, releasable, remove
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import nearest


def retry(runs: Path, names: Iterable[str], failed: bool) -> Iterator[str]:
    """Make phases pending again, and say of each what happens to it.

    A name is a folder's, the beginning of an id (that one phase, even a finished one), or the beginning of a slug
    (the failed phases called so), of at least SHORTEST characters. With `failed`, every failed phase. Raises
    HarnessError for a name that means nothing or several ids here, or a phase at work.
    """
    with exclusive(runs):
        everything = folders(runs)
        chosen = [folder for folder in everything if failed and _failed(folder)]
        for name in names:
            chosen.extend(_called(name, everything))
        for folder in dict.fromkeys(chosen):
            yield _tried_again(folder, everything)


def cancel(runs: Path) -> Iterator[str]:
    """Ask every live command on `runs` to stop; processes that no command watches any more are ended here."""
    live = [conductor for conductor in conductors(runs) if conductor.lease and conductor.lease.live]
    for conductor in live:
        conductor.ask_to_stop()
        yield f"asked {conductor.owner} to stop; what it has finished stays"
    owners = {conductor.owner for conductor in live}
    orphans = {
        (lease.host, lease.processes, lease.pid): lease for lease in _live_leases(runs) if lease.owner not in owners
    }
    for lease in orphans.values():
        if lease.near:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(lease.pid, signal.SIGTERM)
            yield f"ended process {lease.pid}, which no command watched any more"
        else:
            yield f"process {lease.pid} runs on {lease.host}, where nobody watches it: end it there"
    if not live and not orphans:
        yield "nothing is running"


def leftovers(runs: Path, needed: Plan | None, weights: bool) -> tuple[Path, ...]:
    """What can be removed without losing anything finished that is still of use.

    Temporary files, leases and requests of dead processes, checkpoints of finished phases, what `harness run --smoke`
    tried; with `weights`, those of
    pretraining and intermediate phases that nothing unfinished reads, and the features, which can be built again;
    with `needed`, every phase outside that plan.
    """
    idle = [folder for folder in folders(runs) if not _live(folder)]
    found = [path for folder in idle for path in _leftovers(folder)]
    for conductor in conductors(runs):
        if not (conductor.lease and conductor.lease.live):
            found.extend(conductor.files)
    tried = smoke_folder(runs)
    if tried.exists() and not any(each.lease and each.lease.live for each in conductors(tried)):
        found.append(tried)
    if weights:
        everything = plan(phases(folders(runs)).values())
        found.extend(folder.weights for folder in releasable(runs, everything, ("pretrain", "intermediate", "target")))
    if not any(_live_leases(runs)):  # else a launch may be about to read or to write them
        found.extend(_features(feature_cache(runs), weights))
    if needed is not None:
        ids = {identity(phase) for phase in needed}
        found.extend(folder.path for folder in idle if folder.id not in ids)
    return tuple(found)


def collect(runs: Path, needed: Plan | None, weights: bool) -> None:
    """Remove the leftovers."""
    with exclusive(runs):
        for path in leftovers(runs, needed, weights):
            remove(path)


def size(path: Path) -> int:
    """Bytes below `path`."""
    return sum(file.lstat().st_size for file in (path, *path.rglob("*")) if not file.is_dir())


def _called(name: str, everything: Sequence[PhaseFolder]) -> Sequence[PhaseFolder]:
    check_length(name)
    chosen = with_id(name, everything) or _with_slug(name, everything)
    if not chosen:
        known = {part for folder in everything for part in (folder.id, folder.slug)}
        raise HarnessError(f"no phase is called '{name}'; {nearest(name, known) if known else 'there are none'}")
    return chosen


def _with_slug(name: str, everything: Iterable[PhaseFolder]) -> Sequence[PhaseFolder]:
    """The failed phases whose slug begins with `name`; raises HarnessError where none of those called so failed."""
    found = [folder for folder in everything if folder.slug.startswith(name)]
    failed = [folder for folder in found if _failed(folder)]
    if found and not failed:
        raise HarnessError(f"no phase called '{name}' has failed; to repeat a finished one, give its id")
    return failed


def _failed(folder: PhaseFolder) -> bool:
    """Whether the phase failed, or its record is damaged."""
    try:
        return folder.record() is None and folder.failure_file.exists()
    except HarnessError:
        return True


def _tried_again(folder: PhaseFolder, everything: Iterable[PhaseFolder]) -> str:
    if _live(folder):
        raise HarnessError(f"{folder.path.name} is being run; stop it first with `harness cancel`{_doubt(folder)}")
    folder.failure_file.unlink(missing_ok=True)
    if not folder.done:
        return f"{folder.path.name}: will be tried again"
    finished = phases(other for other in everything if other.done)
    dependants = [other.path.name for other, phase in finished.items() if folder.id in reads(phase)]
    folder.record_file.unlink()
    for path in (folder.scores_file, folder.weights, folder.predictions):
        remove(path)
    stay = f"; finished phases made from it stay: {', '.join(dependants)}" if dependants else ""
    return f"{folder.path.name}: its record and outputs are removed, it will be run again{stay}"


def _leftovers(folder: PhaseFolder) -> Iterator[Path]:
    yield from folder.path.glob(".*")  # drafts of atomic writes, and what was being removed
    if folder.lease_file.exists():
        yield folder.lease_file
    if folder.done and folder.resume.exists():
        yield folder.resume


def _features(cache: Path, whole: bool) -> Iterator[Path]:
    """The cache of features as a whole, or what launches that were ended left half written there."""
    if whole and cache.exists():
        yield cache
    elif cache.exists():
        yield from cache.glob(".*")


def _doubt(folder: PhaseFolder) -> str:
    lease = read_lease(folder.lease_file)
    return f" ({lease.doubt})" if lease and lease.doubt else ""


def _live_leases(runs: Path) -> Iterator[Lease]:
    for folder in folders(runs):
        lease = read_lease(folder.lease_file)
        if lease and lease.live:
            yield lease


def _live(folder: PhaseFolder) -> bool:
    lease = read_lease(folder.lease_file)
    return lease is not None and lease.live
