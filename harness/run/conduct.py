"""The loop of `harness run`: claim what can be run, launch it, settle what came of it, until nothing is left."""

import datetime
import errno
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from harness.files.atomic import write_json
from harness.files.layout import PhaseFolder, folder_of
from harness.files.lease import heartbeat, read_lease, release
from harness.plan.dag import Plan
from harness.plan.ds_config import render
from harness.run.check import check, placement
from harness.run.child import Launch, Launcher, ending, launched
from harness.run.progress import Display
from harness.run.stop import Conductor, Stopped, interruptible
from harness.run.store import State, States, Status, claim, prepare, release_weights, states
from harness.run.study import Work
from harness.run.watch import Follower
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, slug
from harness.spec.record import Failure

POLL = 0.5  # seconds between two looks at a launch
PATIENCE = 2.0  # seconds between two looks at phases that another command runs
ERROR = "harness: error: "
# A full disk is no fault of a phase, and every other phase would meet it too.
NO_ROOM = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


def conduct(work: Work, launcher: Launcher, display: Display, publish: Callable[[], None]) -> States:
    """Run every phase of `work` that is not finished, each at most once; returns where all of them stand at the end.

    Raises HarnessError before anything is launched if something could not be run, and Stopped when asked to stop.
    `publish` is called between launches and at the end; what it cannot do is said and stops nothing.
    """
    check(work)
    return _Conduct(work, launcher, display, publish).run()


class _Conduct:
    """One command at work; `failed` holds what failed in it, by id."""

    def __init__(self, work: Work, launcher: Launcher, display: Display, publish: Callable[[], None]) -> None:
        self._work, self._launcher, self._display, self._publish = work, launcher, display, publish
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"
        self._conductor = Conductor(work.runs, self._owner)
        self._failed: dict[str, Failure] = {}
        self._awaited: set[str] = set()
        self._launches = 0

    def run(self) -> States:
        """Launch after launch, until nothing can be run and nobody runs anything of this plan."""
        with interruptible(), self._conductor.registered():
            try:
                while self._round():
                    pass
                self._free()
                self._published()
            finally:
                self._release(self._work.plan)
        return self._standing()

    def _round(self) -> bool:
        """One launch, or one look at what others run; False when nothing is left to do."""
        before = self._standing()
        group = claim(self._work.runs, self._work.plan, self._owner, self._failed)
        if group:
            if self._launches:
                self._published()
            self._launch(group)
            self._release(group)
            return True
        standing = self._standing()
        self._count(standing)
        elsewhere = [state for state in standing.values() if state.status == "running"]
        if elsewhere:
            self._await(elsewhere[0])
        # What another command began or ended between the two looks may leave something to claim.
        return bool(elsewhere) or _statuses(standing) != _statuses(before)

    def _launch(self, group: Plan) -> None:
        for phase in group:
            place = placement(self._work, phase)
            prepare(self._folder(phase), phase, place, render(phase, place, self._work.strategy))
        folders = [self._folder(phase) for phase in group]
        command = self._launcher([folder.path for folder in folders], self._work.cluster, self._owner)
        self._launches += 1
        log = self._work.runs / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{self._owner}.log"
        self._count(self._standing())
        try:
            with (
                heartbeat([f.lease_file for f in folders], self._owner),
                launched(command, log, self._work.runs) as launch,
            ):
                status = self._watch(launch, group)
        except Stopped:
            # Processes whose peers were ended first may take that for a failure of their own.
            for folder in folders:
                folder.failure_file.unlink(missing_ok=True)
            raise
        self._settle(group, status, launch, log)

    def _watch(self, launch: Launch, group: Plan) -> int:
        """Show what the launch does until it ends; returns its exit status."""
        left = list(group)
        follower = Follower(self._folder(left[0]), left[0])
        while (status := launch.wait(POLL)) is None:
            self._conductor.obey()
            if self._drop_finished(left) and left:
                follower = Follower(self._folder(left[0]), left[0])
            if left:
                self._display.activity(follower.look())
        self._drop_finished(left)
        return status

    def _drop_finished(self, left: list[AnyPhase]) -> bool:
        """Take finished phases from the front of `left`; whether there were any."""
        before = len(left)
        while left and self._folder(left[0]).done:
            self._display.finished(slug(left.pop(0)))
        if len(left) < before:
            self._free()
        return len(left) < before

    def _free(self) -> None:
        """Release the weights that nobody needs any more, unless the sweep keeps all."""
        if self._work.study.sweep.keep == "needed":
            release_weights(self._work.runs, self._work.plan)

    def _settle(self, group: Plan, status: int, launch: Launch, log: Path) -> None:
        """Note every failure of a launch that has ended; one that said nothing is the first unfinished phase's."""
        unfinished = [phase for phase in group if not self._folder(phase).done]
        for phase in unfinished:
            if failure := self._folder(phase).failure():
                self._fail(phase, failure, log)
        mine = [phase for phase in unfinished if self._holds(phase)]
        silent = not any(identity(phase) in self._failed for phase in unfinished)
        idle = len(mine) == len(group)  # nothing finished, nothing taken over by another command
        if mine and silent and (status != 0 or idle):
            reason = _last_error(launch) or f"the launch {ending(status)} and said no reason"
            failed = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            self._fail(mine[0], Failure(identity(mine[0]), reason, str(log), failed), log)

    def _fail(self, phase: AnyPhase, failure: Failure, log: Path) -> None:
        folder = self._folder(phase)
        if any(words in failure.reason for words in NO_ROOM):
            folder.failure_file.unlink(missing_ok=True)
            raise HarnessError(f"{failure.reason}; make room, then the same command goes on")
        self._failed[identity(phase)] = failure
        self._display.say(f"{slug(phase)} ({identity(phase)}) failed: {failure.reason} (log: {log})")
        if folder.failure_file.exists():
            return
        try:
            write_json(folder.failure_file, failure)
        except HarnessError as error:
            self._display.say(str(error))

    def _standing(self) -> States:
        """Where every phase stands, with the failures that could not be written."""
        found = states(self._work.runs, self._work.plan)
        for key, failure in self._failed.items():
            if found[key].status != "done":
                found[key] = replace(found[key], status="failed", reason=failure.reason)
        return found

    def _count(self, standing: States) -> None:
        self._display.count(sum(state.status == "done" for state in standing.values()), len(standing))

    def _await(self, state: State) -> None:
        if state.reason not in self._awaited:
            self._display.say(f"waiting for phases run {state.reason}")
            self._awaited.add(state.reason)
        follower = Follower(state.folder, state.phase)
        while (lease := read_lease(state.folder.lease_file)) and lease.live and not state.folder.done:
            self._conductor.obey()
            self._display.activity(follower.look())
            time.sleep(PATIENCE)

    def _published(self) -> None:
        try:
            self._publish()
        except HarnessError as error:
            self._display.say(f"warning: {error}")

    def _holds(self, phase: AnyPhase) -> bool:
        lease = read_lease(self._folder(phase).lease_file)
        return lease is None or lease.owner == self._owner or not lease.live

    def _release(self, group: Plan) -> None:
        for phase in group:
            release(self._folder(phase).lease_file, self._owner)

    def _folder(self, phase: AnyPhase) -> PhaseFolder:
        return folder_of(self._work.runs, phase)


def _statuses(standing: States) -> dict[str, Status]:
    return {key: state.status for key, state in standing.items()}


def _last_error(launch: Launch) -> str | None:
    """The last sentence that the worker said about an error, if it said one."""
    said = [line.split(ERROR, 1)[1] for line in launch.last_lines if ERROR in line]
    return said[-1] if said else None
