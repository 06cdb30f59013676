"""A job, the group of phases of one launch: begun, looked at until it ends, asked what failed, or broken off."""

import dataclasses
import datetime
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.files.layout import PhaseFolder, folder_of
from harness.files.lease import heartbeat, read_lease, release
from harness.plan.dag import Plan
from harness.plan.places.ds_config import render
from harness.run.child import Command, Launch, ending, launched
from harness.run.conduct.probe import Probe
from harness.run.offload import clear_offload
from harness.run.placing import choice, whole
from harness.run.scripts import left
from harness.run.store import prepare
from harness.run.study import Work
from harness.run.watch import Activity, Follower
from harness.spec.cluster import Cluster, Placement
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase
from harness.spec.record import Cause, Failure

# A full disk is no fault of a phase, and every other phase would meet it too.
NO_ROOM = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


@dataclass(frozen=True)
class Job:
    """What one launch does: phases, parents first, of the run folder `runs`, leased by `owner`; its shares, its log."""

    runs: Path
    phases: Plan
    owner: str
    shares: range
    log: Path

    def folder(self, phase: AnyPhase) -> PhaseFolder:
        """Where `phase` lies."""
        return folder_of(self.runs, phase)

    @property
    def folders(self) -> list[PhaseFolder]:
        """Where the phases lie, in their order."""
        return [self.folder(phase) for phase in self.phases]

    def failure(self, phase: AnyPhase, reason: str, cause: Cause = "error") -> Failure:
        """That `phase` failed in it."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return Failure(identity(phase), reason, str(self.log), now, cause)

    def give_back(self) -> None:
        """Give the leases of its phases back."""
        for folder in self.folders:
            release(folder.lease_file, self.owner)


class TakenError(HarnessError):
    """A phase that is another command's by now."""


Fitted = Callable[[AnyPhase, Placement], Placement]


def prepare_all(job: Job, work: Work, cluster: Cluster, probe: Probe, fitted: Fitted) -> None:
    """Write what `job` on `cluster` needs, `fitted` where memory ran out before.

    Raises UnfitError for a phase that `probe` finds too large, TakenError for one whose lease was lost meanwhile.
    """
    with heartbeat([folder.lease_file for folder in job.folders], job.owner):
        for phase in job.phases:
            chosen = choice(work, phase, whole(cluster))
            tried = probe.placement(phase, chosen, cluster)
            place = dataclasses.replace(fitted(phase, tried), data_folder=str(work.data) if work.data else None)
            if not _still(job, phase):
                raise TakenError(f"{job.folder(phase).path.name}: is another command's by now, and left to it")
            prepare(job.folder(phase), phase, place, render(phase, place, chosen.options))


def _still(job: Job, phase: AnyPhase) -> bool:
    """Whether `phase` is still its owner's: who stood still for long may find it in other hands, or finished."""
    held = read_lease(job.folder(phase).lease_file)
    return held is not None and held.owner == job.owner


def begin(job: Job, command: Command) -> "RunningJob":
    """Start `command`, and keep the leases of its phases alive while it works."""
    with ExitStack() as resources:
        resources.enter_context(heartbeat([folder.lease_file for folder in job.folders], job.owner))
        launch = resources.enter_context(launched(left(command, job.runs, job.log.stem), job.log, job.runs))
        return RunningJob(job, launch, resources.pop_all())


class RunningJob:
    """A job and its launch; `left` are the phases that it is not known to have finished."""

    def __init__(self, job: Job, launch: Launch, resources: ExitStack) -> None:
        self.job, self.left = job, list(job.phases)
        self._launch, self._resources = launch, resources
        self._follower = self._follow()
        self._told_before = self._told_bytes()

    @property
    def begun(self) -> bool:
        """Whether it got as far as a phase."""
        return self._told_bytes() > self._told_before

    def look(self, seconds: float) -> int | None:
        """Its exit status once it has ended, or None after `seconds`."""
        return self._launch.wait(seconds)

    def notices(self) -> Iterator[str]:
        """What the launch has to say since the last call to whoever waits for it."""
        return self._launch.notices()

    def finished(self) -> list[AnyPhase]:
        """The phases that have finished since the last call."""
        found = []
        while self.left and self.job.folder(self.left[0]).done:
            found.append(self.left.pop(0))
        if found and self.left:
            self._follower = self._follow()
        return found

    def activity(self) -> Activity:
        """What it is doing."""
        return self._follower.look()

    def failures(self, status: int) -> Iterator[tuple[AnyPhase, Failure]]:
        """What failed in a launch that ended with `status`; if none is told, that is the first unfinished phase.

        Raises HarnessError when the disk was full.
        """
        said = list(self.told())
        yield from said
        mine = [phase for phase in self._unfinished if self._holds(phase)]
        idle = len(mine) == len(self.job.phases)  # nothing finished, nothing taken over by another command
        if mine and not said and (status != 0 or idle):
            yield mine[0], self._with_room(mine[0], self._untold(mine[0], status))

    def told(self) -> Iterator[tuple[AnyPhase, Failure]]:
        """The failures that its worker wrote down; raises HarnessError when the disk was full."""
        for phase in self._unfinished:
            if failure := self._written(phase):
                yield phase, self._with_room(phase, failure)

    def ask_to_end(self) -> None:
        """Ask its processes to end, and wait for nothing."""
        self._launch.ask_to_end()

    def end(self) -> None:
        """End what is left of its processes; the leases stay until its failures are noted."""
        self._resources.close()
        for folder in self.job.folders:
            clear_offload(folder)

    def break_off(self) -> None:
        """End it in the middle, as if it had not failed."""
        self.end()
        for folder in self.job.folders:
            # Processes whose peers were ended first may take that for a failure of their own.
            folder.failure_file.unlink(missing_ok=True)

    def _untold(self, phase: AnyPhase, status: int) -> Failure:
        """Processes that were ended, or met others that were, leave no failure of `phase`."""
        if error := self._launch.last_error:
            return self.job.failure(phase, error)
        reason = self._launch.first_lost or f"the launch {ending(status)} and said no reason"
        return self.job.failure(phase, reason, "lost")

    @property
    def _unfinished(self) -> list[AnyPhase]:
        return [phase for phase in self.job.phases if not self.job.folder(phase).done]

    def _written(self, phase: AnyPhase) -> Failure | None:
        try:
            return self.job.folder(phase).failure()
        except HarnessError as error:  # a damaged failure.json still says that the phase failed
            return self.job.failure(phase, str(error))

    def _with_room(self, phase: AnyPhase, failure: Failure) -> Failure:
        """The failure, unless it is that of a full disk, which stays noted nowhere."""
        if any(words in failure.reason for words in NO_ROOM):
            self.job.folder(phase).failure_file.unlink(missing_ok=True)
            raise HarnessError(f"{failure.reason}; make room, then the same command goes on")
        return failure

    def _told_bytes(self) -> int:
        """Bytes of all its journals."""
        journals = (folder.journal_file for folder in self.job.folders)
        return sum(path.stat().st_size for path in journals if path.exists())

    def _follow(self) -> Follower:
        return Follower(self.job.folder(self.left[0]), self.left[0])

    def _holds(self, phase: AnyPhase) -> bool:
        lease = read_lease(self.job.folder(phase).lease_file)
        return lease is None or lease.owner == self.job.owner or not lease.live
