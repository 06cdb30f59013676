"""The loop of `harness run`: claim what can be run, launch it, settle what came of it, until nothing is left."""

import os
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from harness.files.atomic import write_json
from harness.files.layout import DamagedError, folder_of
from harness.files.lease import release
from harness.files.resume import newest_step
from harness.plan.groups import Group
from harness.run.check import check
from harness.run.child import Launcher, phases
from harness.run.conduct.claim import claim
from harness.run.conduct.job import Job, RunningJob, TakenError, begin, prepare_all
from harness.run.conduct.ledger import Ledger, Limit
from harness.run.conduct.mend import mend
from harness.run.conduct.probe import Probe, UnfitError
from harness.run.conduct.setbacks import Setbacks
from harness.run.conduct.shares import Shares
from harness.run.conduct.wait import Elsewhere
from harness.run.freeze import freeze
from harness.run.progress import Display
from harness.run.stop import Conductor, interruptible, uninterrupted
from harness.run.store import States, release_weights, states
from harness.run.study import Work
from harness.run.track.projecting import QUIET, Projecting, Projection
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import AnyPhase, slug
from harness.spec.record import Failure

POLL = 0.5  # seconds between two looks at a launch
PATIENCE = 2.0  # seconds between two looks at what other commands run or have left


def conduct(
    work: Work, launcher: Launcher, display: Display, projection: Projection, limit: Limit | None = None
) -> States:
    """Run every phase of `work` that is not finished; returns where all of them stand at the end.

    Each fails at most once, unless it was lost through no fault of its own, or can go on with less memory.
    Raises HarnessError before anything is launched if something could not be run, Stopped when asked to stop, and
    SpentError when the launches of the run folder have held as much as `limit` allows.
    The `projection` is at work in a thread of its own: it follows the phases at work every few seconds, writes
    everything when a launch or some of its phases have ended, and once more at the end; what it cannot do is said and
    stops nothing.
    """
    check(work)
    freeze(work)
    return _Conduct(work, launcher, display, projection, limit).run()


class _Conduct:
    """One command at work; `failed` holds by id what failed in it for good, `setbacks` what is tried again."""

    def __init__(
        self, work: Work, launcher: Launcher, display: Display, projection: Projection, limit: Limit | None
    ) -> None:
        self._work, self._launcher, self._display = work, launcher, display
        self._projecting = Projecting(projection, display.say)
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"
        self._conductor = Conductor(work.runs, self._owner)
        self._ledger = Ledger(work.runs, self._owner, limit)
        self._shares = Shares(work)
        self._probe = Probe(work.runs, launcher, display.say, self._conductor.obey)
        self._running: list[RunningJob] = []
        self._failed: dict[str, Failure] = {}
        self._setbacks = Setbacks()
        self._elsewhere = Elsewhere(display)
        self._launches = 0
        self._next_claim = 0.0  # by the monotonic clock
        self._ended = self._finished = False  # whether launches, or phases in them, have, since all was published

    def run(self) -> States:
        """Launch after launch, until nothing can be run and nobody runs anything of this plan."""
        with interruptible(), self._conductor.registered(), self._ledger.kept():
            try:
                mend(self._work.runs, self._work.plan, self._display.say)
                while self._round():
                    pass
                self._free()
                self._projecting.last()
            finally:
                with uninterrupted():  # whoever is impatient now would leave processes behind that nobody ends
                    self._break_off()
        return self._standing()

    def _round(self) -> bool:
        """Launch what can be, and look at what is at work here, else elsewhere; False when nothing is left to do."""
        self._ledger.obey()
        before = {} if self._running else self._standing()
        if not self._running or time.monotonic() >= self._next_claim:
            self._launch_all()
        if self._running:
            self._project()
            self._watch()
            return True
        standing = self._standing()
        self._count(standing)
        elsewhere = [state for state in standing.values() if state.status == "running"]
        waiting = set(self._setbacks.waiting())
        if not elsewhere and (waiting or self._setbacks.paused):
            self._conductor.obey()
            time.sleep(POLL)
            return True
        for _ in self._elsewhere.until_one_ends(elsewhere):
            self._conductor.obey()
            self._ledger.obey()
            time.sleep(PATIENCE)
            if waiting.difference(self._setbacks.waiting()):  # there is something to do here again
                break
        # What another command began or ended between the two looks may leave something to claim.
        return bool(elsewhere) or [s.status for s in standing.values()] != [s.status for s in before.values()]

    def _project(self) -> None:
        """Begin to write to MLflow what there is to write, all of it or what grew, if that may be now."""
        quiet = 0.0 if self._ended else QUIET
        if (self._ended or self._finished or self._projecting.owes) and self._projecting.begin(quiet):
            self._ended = self._finished = False
        else:
            self._projecting.follow([phase for running in self._running for phase in running.job.phases])

    def _launch_all(self) -> None:
        """Launches on the free shares, as far as there is something to run."""
        self._next_claim = time.monotonic() + PATIENCE
        free = self._shares.free(running.job.shares for running in self._running)
        if free and not self._setbacks.paused:
            # What is at work here may look abandoned for a moment, between a process's end and our look at it.
            at_work = {identity(phase) for running in self._running for phase in running.job.phases}
            barred = at_work.union(self._failed, self._setbacks.waiting())
            choose = self._shares.choose(free)
            for group in claim(self._work.runs, self._work.plan, self._owner, barred, choose, self._display.say):
                self._launch(group)

    def _launch(self, group: Group) -> None:
        self._launches += 1
        log = f"{time.strftime('%Y%m%d-%H%M%S')}-{self._owner}-{self._launches}.log"
        job = Job(self._work.runs, group.phases, self._owner, group.shares, self._work.runs / "logs" / log)
        cluster = self._shares.given(group.shares)
        for warning in self._ledger.warnings(job):
            self._display.say(f"warning: {warning}")
        self._ledger.begin(job, cluster)
        try:
            prepare_all(job, self._work, cluster, self._probe, self._setbacks.fitted)
        except (UnfitError, TakenError) as hindered:
            self._ledger.end(job.log.stem)
            if isinstance(hindered, UnfitError):
                self._fail(hindered.phase, job.failure(hindered.phase, str(hindered)), job.log)
            else:
                self._display.say(str(hindered))
            job.give_back()
            return
        command = self._launcher(phases((folder.path for folder in job.folders), self._owner), cluster)
        with uninterrupted():  # a launch that is not in the list would not be ended
            self._running.append(begin(job, replace(command, grace=cluster.grace_s + command.grace)))
        self._count(self._standing())

    def _watch(self) -> None:
        """Look at every launch in turn, settle those that have ended, and show what the others do."""
        for running in tuple(self._running):
            self._conductor.obey()
            status = running.look(POLL / len(self._running))
            for notice in running.notices():
                self._display.say(notice)
            self._note_finished(running)
            if status is not None:
                self._settle(running, running.failures(status))
        self._display.activities([running.activity() for running in self._running if running.left])

    def _note_finished(self, running: RunningJob) -> None:
        finished = running.finished()
        for phase in finished:
            self._display.finished(slug(phase))
        if finished:
            self._finished = True
            self._free()

    def _free(self) -> None:
        """Release the weights that nobody needs any more, unless the sweep keeps all."""
        if self._work.study.sweep.keep == "needed":
            release_weights(self._work.runs, self._work.plan)

    def _settle(self, running: RunningJob, failures: Iterable[tuple[AnyPhase, Failure]]) -> None:
        """Note the failures of a launch that has ended; it is forgotten first, else breaking off would undo them."""
        running.end()
        self._ledger.end(running.job.log.stem)
        self._running.remove(running)
        self._next_claim, self._ended = 0.0, True
        if running.begun:
            self._setbacks.stalled = 0
        for phase, failure in failures:
            self._set_back(phase, failure, running)
        running.job.give_back()

    def _set_back(self, phase: AnyPhase, failure: Failure, running: RunningJob) -> None:
        """Try it again, if that can help."""
        folder, log = folder_of(self._work.runs, phase), running.job.log
        if failure.cause == "lost" and not running.begun:
            how: str | None = self._setbacks.stall(failure)
        else:
            how = self._setbacks.again(phase, failure, folder.placement(), newest_step(folder.resume))
        if how is None:
            self._fail(phase, failure, log)
            return
        folder.failure_file.unlink(missing_ok=True)
        self._display.say(f"{slug(phase)} ({identity(phase)}): {failure.reason}; {how} (log: {log})")

    def _fail(self, phase: AnyPhase, failure: Failure, log: Path) -> None:
        folder = folder_of(self._work.runs, phase)
        self._failed[identity(phase)] = failure
        self._display.say(f"{slug(phase)} ({identity(phase)}) failed: {failure.reason} (log: {log})")
        with suppress(DamagedError):  # what tells nothing is written over
            if folder.failure():
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
        """Tell how many phases are done, less those whose end is still to be told."""
        untold = {identity(phase) for running in self._running for phase in running.left}
        done = (key for key, state in standing.items() if state.status == "done")
        self._display.count(sum(key not in untold for key in done), len(standing))

    def _break_off(self) -> None:
        """End every launch that is still at work, and give every lease back; what one meets does not spare another.

        One that has ended keeps the failures that its worker wrote down. That it ended is none by itself here: what
        stops this command may have stopped it, too.
        """
        with ExitStack() as each:
            for phase in self._work.plan:
                each.callback(release, folder_of(self._work.runs, phase).lease_file, self._owner)
            for running in tuple(self._running):
                if running.look(0) is None:
                    each.callback(running.break_off)
                    running.ask_to_end()  # all before the first is waited for
                else:
                    each.callback(self._settle, running, running.told())
