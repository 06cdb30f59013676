"""The run folder as a store: the state of every phase, and which weights are still needed."""

import fcntl
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from harness.files.atomic import write_json
from harness.files.layout import DamagedError, PhaseFolder, folder_of, folders, phases
from harness.files.lease import Lease, read_lease
from harness.files.resume import newest_step
from harness.plan.dag import Plan
from harness.spec.cluster import Placement
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, Evaluate, Train, parents, slug

Status = Literal["done", "pending", "running", "failed", "blocked"]
REMOVED = ".removed-"  # what is being deleted is first renamed, so that half of it is never taken for the whole


@dataclass(frozen=True)
class State:
    """Where a phase stands, and why in words; `lease` says who runs it.

    A pending one is `remade` if it has a record, but its weights were released and are needed again. `damaged` is a
    file of it that tells nothing, to be kept aside when the phase is claimed.
    """

    phase: AnyPhase
    folder: PhaseFolder
    status: Status
    reason: str
    lease: Lease | None = None
    remade: bool = False
    damaged: Path | None = None

    @property
    def recorded(self) -> bool:
        """Whether it has a record, so that it need not be looked for."""
        return self.status == "done" or self.remade


States = dict[str, State]


def states(runs: Path, plan: Plan) -> States:
    """The state of every phase of `plan` by id, parents first."""
    found: States = {}
    begun = {path.name for path in runs.iterdir()} if runs.is_dir() else set()  # asking for each file costs seconds
    for phase in plan:
        folder = folder_of(runs, phase)
        look = _state if folder.path.name in begun else _untouched
        found[identity(phase)] = look(folder, phase, found)
    wanted: dict[str, AnyPhase] = {}
    for key, state in reversed(found.items()):
        if state.status == "done" and key in wanted and released(state.folder):
            reason = f"weights released, needed again by {slug(wanted[key])}"
            state = found[key] = State(state.phase, state.folder, "pending", reason, remade=True)  # noqa: PLW2901
        if state.status == "pending":
            wanted.update((parent, state.phase) for parent in reads(state.phase))
    return found


def prepare(folder: PhaseFolder, phase: AnyPhase, placement: Placement, ds_config: dict[str, Any]) -> None:
    """Write what a launch needs to run `phase`, and clear away what an interrupted attempt left behind."""
    folder.failure_file.unlink(missing_ok=True)
    folder.record_file.unlink(missing_ok=True)  # there only if the weights were released and are needed again
    remove(folder.weights)
    remove(folder.predictions)
    write_json(folder.phase_file, phase)
    write_json(folder.placement_file, placement)
    write_json(folder.ds_config_file, ds_config)


def release_weights(runs: Path, plan: Plan, roles: Iterable[str] = ("target",)) -> None:
    """Delete the weights of every Train of `roles` that no unfinished phase of `plan` reads; records stay."""
    with exclusive(runs):
        for folder in releasable(runs, plan, roles):
            remove(folder.weights)


def releasable(runs: Path, plan: Plan, roles: Iterable[str]) -> tuple[PhaseFolder, ...]:
    """The finished Trains of `roles` whose weights no unfinished phase of `plan` reads.

    Weights that a phase outside `plan` is run from right now are left alone.
    """
    needed = _read_elsewhere(runs, plan) | {
        key for phase in plan if not folder_of(runs, phase).done for key in reads(phase)
    }
    trains = [phase for phase in plan if isinstance(phase, Train) and phase.role in roles]
    free = [folder_of(runs, train) for train in trains if identity(train) not in needed]
    return tuple(folder for folder in free if folder.done and not released(folder))


def reads(phase: AnyPhase) -> set[str]:
    """Ids of the phases whose weights or vocabulary `phase` loads.

    Of a phase whose FLOPs it matches only the record is read, of the evaluation that tunes it the predictions, by
    whoever scores.
    """
    matched = phase.matches if isinstance(phase, Train) else None
    return {identity(parent) for parent in parents(phase) if parent is not matched and not isinstance(parent, Evaluate)}


def released(folder: PhaseFolder) -> bool:
    """Whether the weights of a finished Train or tokenizer are gone."""
    return not folder.weights.exists()


def remove(path: Path) -> None:
    """Delete a file or a folder as a whole."""
    if not path.exists():
        return
    aside = path.with_name(f"{REMOVED}{uuid4().hex[:8]}")
    path.rename(aside)
    if aside.is_dir():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.unlink()


@contextmanager
def exclusive(runs: Path) -> Iterator[None]:
    """Hold the lock of the run folder: claiming phases and deleting weights exclude each other."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        handle = (runs / ".lock").open("a")
    except OSError as error:
        raise HarnessError(
            f"{runs}: cannot be used as a run folder ({error.strerror}); name another with --runs"
        ) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _state(folder: PhaseFolder, phase: AnyPhase, earlier: States) -> State:
    try:
        return _looked_at(folder, phase, earlier)
    except DamagedError as error:
        waiting = _held(folder, phase) or _untouched(folder, phase, earlier)
        known = waiting.status != "pending"
        return waiting if known else replace(waiting, reason=str(error), damaged=error.file)


def _looked_at(folder: PhaseFolder, phase: AnyPhase, earlier: States) -> State:
    if folder.record():
        return State(phase, folder, "done", "recorded")
    if held := _held(folder, phase):
        return held
    # A conductor confirms a failure by giving the lease back. Beside a dead lease it only says that a process saw
    # its peers being killed, conductor included.
    if not folder.lease_file.exists() and (failure := folder.failure()):
        return State(phase, folder, "failed", failure.reason)
    waiting = _untouched(folder, phase, earlier)
    return replace(waiting, reason=_interrupted(folder)) if _began(waiting) else waiting


def _held(folder: PhaseFolder, phase: AnyPhase) -> State | None:
    """That somebody runs it, if so."""
    lease = read_lease(folder.lease_file)
    if lease is None or not lease.live:
        return None
    return State(phase, folder, "running", f"by process {lease.pid} on {lease.host}", lease)


def _untouched(folder: PhaseFolder, phase: AnyPhase, earlier: States) -> State:
    """Where a phase stands that nobody has begun."""
    for parent in (earlier[identity(parent)] for parent in parents(phase)):
        if parent.status in ("failed", "blocked"):
            return State(phase, folder, "blocked", f"{slug(parent.phase)} failed or is blocked")
    return State(phase, folder, "pending", "no record")


def _interrupted(folder: PhaseFolder) -> str:
    step = newest_step(folder.resume)
    return f"interrupted, goes on from step {step}" if step else "interrupted"


def _began(state: State) -> bool:
    return state.status == "pending" and state.folder.journal_file.exists()


def _read_elsewhere(runs: Path, plan: Plan) -> set[str]:
    """Ids of the phases that a phase with a live lease loads, if it is not in `plan`."""
    own = set(map(identity, plan))
    leases = ((folder, read_lease(folder.lease_file)) for folder in folders(runs) if folder.id not in own)
    working = phases(folder for folder, lease in leases if lease and lease.live and not folder.done)
    return {key for phase in working.values() for key in reads(phase)}
